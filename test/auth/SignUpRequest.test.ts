import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { EmailTaken, InvalidCredentials, TokenInvalid } from "../../src/auth/AuthError.ts"
import { IdempotencyKey } from "../../src/auth/IdempotencyKey.ts"
import { credentials } from "./Credentials.ts"
import { authWithMail, Mailbox, nextLetter, nextToken } from "./Mailbox.ts"

const request = (address: string, key?: string) =>
  Effect.flatMap(Accounts, (accounts) =>
    accounts.requestSignUp(
      credentials(address),
      key === undefined ? {} : { idempotencyKey: Schema.decodeSync(IdempotencyKey)(key) }
    )
  )

const usersAt = (address: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql<{ email_verified: Date | null }>`
      select email_verified from users where email = ${address}`
  )

/** Makes every sign-up take so long that all of fifty are under way at once. */
const slowed = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql.unsafe(`
    create function pause() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.1); return new; end $$;
    create trigger pause before insert on users for each row execute function pause()`)
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "a sign-up that waits for its mailbox to be proven",
  (it) => {
    it.effect("makes no user until the link is used, and then one whose address is proven", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* request("new@example.com")
        const token = yield* nextToken("ConfirmSignUp", "new@example.com")
        expect(yield* usersAt("new@example.com")).toEqual([])
        expect(yield* Effect.flip(accounts.signIn(credentials("new@example.com")))).toEqual(
          new InvalidCredentials()
        )
        yield* accounts.proveEmail(token)
        const [user] = yield* usersAt("new@example.com")
        expect(user?.email_verified).toBeInstanceOf(Date)
        yield* accounts.signIn(credentials("new@example.com"))
        expect(yield* Effect.flip(accounts.proveEmail(token))).toEqual(new TokenInvalid())
      })
    )

    it.effect("is made by exactly one of fifty uses of the link at once", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* request("fifty@example.com")
        const token = yield* nextToken("ConfirmSignUp", "fifty@example.com")
        yield* slowed
        const answers = yield* Effect.all(
          Array.from({ length: 50 }, () => Effect.either(accounts.proveEmail(token))),
          { concurrency: "unbounded" }
        )
        expect(answers.filter(Either.isRight)).toHaveLength(1)
        for (const answer of answers) {
          if (Either.isLeft(answer)) expect(answer.left).toEqual(new TokenInvalid())
        }
        expect(yield* usersAt("fifty@example.com")).toHaveLength(1)
        yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`drop trigger pause on users`)
      })
    )

    it.effect("of an address that has an account tells its owner, and nobody else", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* accounts.signUp(credentials("known@example.com"))
        const before = yield* usersAt("known@example.com")
        yield* request("known@example.com")
        yield* nextLetter("AlreadySignedUp", "known@example.com")
        expect(yield* usersAt("known@example.com")).toEqual(before)
      })
    )

    it.effect("of an address that someone has signed up with meanwhile comes to nothing", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* request("raced@example.com")
        const token = yield* nextToken("ConfirmSignUp", "raced@example.com")
        yield* accounts.signUp(credentials("raced@example.com", "Another Pass"))
        expect(yield* Effect.flip(accounts.proveEmail(token))).toEqual(new EmailTaken())
        yield* accounts.signIn(credentials("raced@example.com", "Another Pass"))
      })
    )

    it.effect("writes one event and one letter however often it is sent with the same key", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const events = sql`select id from audit_events where kind = 'sign-up-requested'`
        const before = (yield* events).length
        yield* request("keyed@example.com", "a-key")
        yield* nextToken("ConfirmSignUp", "keyed@example.com")
        for (const _ of Array.from({ length: 3 })) yield* request("keyed@example.com", "a-key")
        yield* request("keyed-last@example.com")
        yield* nextToken("ConfirmSignUp", "keyed-last@example.com")
        const { all } = yield* Mailbox
        expect(all.filter(({ recipient }) => recipient === "keyed@example.com")).toHaveLength(1)
        expect((yield* events).length).toBe(before + 2)
      })
    )
  }
)
