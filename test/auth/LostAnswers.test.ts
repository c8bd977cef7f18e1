import { expect, it } from "@effect/vitest"
import { Effect, Layer, Struct } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { eventually } from "../support/Backends.ts"
import { Direct } from "../support/Direct.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { busyLife } from "./BusyLife.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { deliver, Mailbox } from "./Mailbox.ts"
import { interposedClient } from "./ScriptedClient.ts"
import { type StatementFault, statementFaults } from "./StatementFault.ts"

/**
 * Each statement, told by its text and values, suffers the fault at its first run. What goes on is
 * beside the second run, and not so late that it meets what is done afterwards.
 */
const suffering = (fault: StatementFault) => {
  const goingOn = new Map<string, Effect.Effect<unknown>>()
  return interposedClient((statement, text, values) =>
    Effect.suspend(() => {
      // A claim that comes to pass late may take a letter, which is then a minute late itself.
      if (fault === statementFaults["while it goes on"] && text.includes("claim ="))
        return statement
      const identity = `${text} ${JSON.stringify(values)}`
      const first = goingOn.get(identity)
      if (first !== undefined) return Effect.zipLeft(statement, first)
      const [run, rest] = fault(statement)
      goingOn.set(identity, rest)
      return run
    })
  )
}

const services = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(Outbox.layer(deliver), Throttle.layer(), cheapPasswords)),
  Layer.provideMerge(Mailbox.layer)
)

const direct = Layer.unwrapEffect(Effect.map(TestDatabase, ({ url }) => Direct.at(url)))

/** All that is left of it, but for what is random or tells the time. */
const remains = Effect.gen(function* () {
  const sql = yield* Direct
  const { all } = yield* Mailbox
  // What still goes on when the answer has come must not add anything.
  yield* Effect.sleep("100 millis")
  yield* eventually(
    0,
    Effect.map(sql`select id from outbox`, (rows) => rows.length)
  )
  return {
    letters: all.map(({ _tag, recipient }) => `${_tag} ${recipient}`).toSorted(),
    users: yield* sql`
      select email, password_version, email_verified is not null as is_verified,
             (select count(*)::int from sessions s where s.user_id = u.id) as sessions
      from users u order by email`,
    events: yield* sql`select kind, count(*)::int from audit_events group by kind order by kind`,
    tokens: yield* sql`
      select purpose, used_by is not null as is_used, count(*)::int from one_time_tokens
      group by 1, 2 order by 1, 2`,
    limits: yield* sql`select count, encode(key, 'hex') as key from throttles order by key`
  }
})

const after = (client: ReturnType<typeof suffering>) =>
  Effect.zipRight(busyLife, remains).pipe(
    Effect.provide(
      services.pipe(
        Layer.provideMerge(client),
        Layer.provideMerge(direct),
        Layer.provideMerge(TestDatabase.layer)
      )
    )
  )

const faithful = interposedClient((statement) => statement)

it.live.each(Struct.keys(statementFaults))(
  "everything is done exactly once when the first answer to each statement is lost %s",
  (name) =>
    Effect.gen(function* () {
      const [expected, actual] = yield* Effect.all([
        after(faithful),
        after(suffering(statementFaults[name]))
      ])
      expect(actual).toEqual(expected)
      expect(actual.users).toHaveLength(2)
    }),
  60_000
)
