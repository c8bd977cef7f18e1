import { SqlClient } from "@effect/sql"
import { assert, describe } from "@effect/vitest"
import { Effect, Schedule, Schema } from "effect"
import { auditKinds } from "../../../src/auth/Audit.ts"
import { FaultProxy } from "../../../src/testing/FaultProxy.ts"
import { AuthServices, at } from "../../support/AuthServices.ts"
import {
  ask,
  changePassword,
  newPerson,
  type OnAuth,
  type Person,
  reset,
  resetToken,
  signIn,
  signUp,
  statusWith,
  verify
} from "../Person.ts"
import { exchange, head } from "../RawSocket.ts"
import { type Answer, freshEmail, post } from "../Service.ts"
import { securityPage } from "./SecurityPage.ts"
import { transcript } from "./Transcript.ts"

const Entry = Schema.decodeUnknownSync(
  Schema.parseJson(
    Schema.Struct({
      timestamp: Schema.String,
      logLevel: Schema.String,
      message: Schema.Unknown,
      annotations: Schema.Record({ key: Schema.String, value: Schema.Unknown })
    })
  )
)

interface Event {
  readonly kind: string
  readonly at: Date
  readonly user_id: string | null
  readonly address: string | null
  readonly user_agent: string | null
}

const eventsOf = ({ id }: Person) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql<Event>`select * from audit_events where user_id = ${id} order by at`
  )

/** The lines that an effect has the services log. */
const linesOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { lines } = yield* AuthServices
    const before = lines.length
    yield* effect
    return lines.slice(before)
  })

const messagesOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(linesOf(effect), (lines) => lines.map(({ message }) => message))

/** Someone of the service behind the network, which is away while an effect runs and back afterwards. */
const whileAway = <A, E, R>(during: (person: Person) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy
    const person = yield* newPerson()
    yield* proxy.refuse
    yield* proxy.resetAll
    const result = yield* Effect.ensuring(during(person), proxy.heal)
    yield* statusWith(person.token).pipe(
      Effect.repeat({ until: (status) => status === 200, schedule: Schedule.spaced("50 millis") }),
      Effect.timeout("10 seconds")
    )
    return result
  }).pipe(at("faulty"))

const isUnavailable = (answer: Answer) => {
  assert.strictEqual(answer.status, 503)
  assert.isAtLeast(Number(answer.headers.get("retry-after")), 1)
  assert.deepStrictEqual(answer.headers.getSetCookie(), [])
}

/** OWASP ASVS 5.0, V16: what is logged. */
export const loggingSuite = (it: OnAuth) =>
  describe("V16.1 to V16.4 security logging", () => {
    it.effect("16.1.1 what is logged where is documented, every kind of event with it", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        // Statements write some kinds as text of SQL, which no type holds to the list.
        const written = yield* sql<{ kind: string }>`select distinct kind from audit_events`
        for (const kind of [...auditKinds, ...written.map((row) => row.kind)]) {
          assert.include(securityPage, `\`${kind}\``)
        }
      })
    )

    it.effect("16.2.1 an entry says when, where, who and what", () =>
      Effect.gen(function* () {
        const headers = { "user-agent": "Browser/1.0" }
        const person = yield* newPerson({}, { headers })
        const [event] = yield* eventsOf(person)
        assert.deepInclude(event, { kind: "sign-up", user_id: person.id })
        assert.deepInclude(event, { address: "127.0.0.0/24", user_agent: "Browser/1.0" })
        const [line] = yield* linesOf(ask("GET", "/auth/session"))
        assert.hasAllKeys(line?.annotations, [
          "method",
          "route",
          "status",
          "durationMs",
          "requestId"
        ])
      })
    )

    it.effect("16.2.2 times are in UTC", () =>
      Effect.gen(function* () {
        for (const line of (yield* transcript).lines) {
          assert.match(Entry(line).timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
        }
        const [event] = yield* eventsOf(yield* newPerson())
        assert.closeTo(event?.at.getTime() ?? 0, Date.now(), 5000)
      })
    )

    it.effect("16.2.3 the service logs to its output and the audit table, and into no file", () =>
      Effect.gen(function* () {
        const { files, lines } = yield* transcript
        assert.deepStrictEqual(files, [])
        assert.isAbove(lines.length, 1)
      })
    )

    it.effect("16.2.4 the log is one JSON object a line", () =>
      Effect.gen(function* () {
        const entries = (yield* transcript).lines.map((line) => Entry(line))
        const request = entries.find(({ message }) => message === "GET /auth/session 401")
        assert.deepInclude(request?.annotations, { route: "/auth/session", status: 401 })
      })
    )

    it.effect("16.2.5 no password and no token is logged, whatever is done with it", () =>
      Effect.gen(function* () {
        const { lines, spans } = yield* AuthServices
        const person = yield* newPerson({ password: "c4n4ry password" })
        const token = yield* resetToken(person.email)
        yield* changePassword(person.token, "c4n4ry wrong", "c4n4ry next")
        yield* reset(token, "c4n4ry next")
        yield* ask("GET", `/auth/session?token=${person.token}`, { token: person.token })
        const events = yield* eventsOf(person)
        const logged = JSON.stringify([lines, spans(), events])
        for (const secret of ["c4n4ry", person.token, token]) assert.notInclude(logged, secret)
      })
    )

    it.effect("16.3.1 every authentication is logged, whether or not it succeeds", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        yield* signIn({ ...person, password: "not the password" })
        yield* signIn(person)
        yield* changePassword(person.token, "not the password", "the next one")
        yield* ask("POST", "/auth/signout", { token: person.token })
        yield* reset(yield* resetToken(person.email), "the next one")
        const kinds = (yield* eventsOf(person)).map(({ kind }) => kind)
        assert.deepStrictEqual(kinds, [
          "sign-up",
          "sign-in-refused",
          "sign-in",
          "password-change-refused",
          "sign-out",
          "password-reset-requested",
          "password-reset"
        ])
      })
    )

    it.effect("16.3.2 what someone may not do is logged", () =>
      Effect.gen(function* () {
        const { token } = yield* newPerson()
        const messages = yield* messagesOf(
          Effect.all([
            ask("GET", "/auth/sessions"),
            changePassword(token, "not the password", "the next one")
          ])
        )
        assert.deepStrictEqual(messages, [
          "GET /auth/sessions 401",
          "POST /auth/password/change 403"
        ])
      })
    )

    it.effect("16.3.3 what goes round a control is logged: limits, validation, foreign pages", () =>
      Effect.gen(function* () {
        const parts = { from: "192.0.2.163" }
        const messages = yield* messagesOf(
          Effect.gen(function* () {
            for (let index = 0; index < 12; index += 1) {
              yield* signUp({ email: freshEmail(), password: "password123" }, parts)
              yield* verify("c4n4ry", parts)
            }
            const json = { email: freshEmail() }
            for (let index = 0; index < 6; index += 1) {
              yield* ask("POST", "/auth/password/reset-request", { ...parts, json })
            }
            yield* ask("POST", "/auth/signout", {
              headers: { cookie: "__Host-session=x", origin: "https://evil.example" }
            })
          }).pipe(at("limited"))
        )
        for (const expected of [
          "POST /auth/signup 400",
          "POST /auth/email/verify 400",
          "POST /auth/password/reset-request 429",
          "POST /auth/signout 403"
        ]) {
          assert.include(messages, expected)
        }
      })
    )

    it.effect("16.3.4 that the database is away is logged as more than an ordinary request", () =>
      Effect.gen(function* () {
        const lines = yield* linesOf(whileAway(({ token }) => statusWith(token)))
        const line = lines.find(({ message }) => message === "GET /auth/session 503")
        assert.strictEqual(line?.level, "WARN")
      })
    )

    it.effect("16.4.1 nothing that was sent can forge an entry", () =>
      Effect.gen(function* () {
        const person = yield* newPerson()
        const body = JSON.stringify({ email: person.email, password: person.password })
        const headers = ["User-Agent: a\x85b\x9bc\td", "Content-Type: application/json"]
        headers.push(`Content-Length: ${body.length}`)
        yield* exchange([Buffer.from(head("POST /auth/signin", headers), "latin1"), body])
        const agents = (yield* eventsOf(person)).map(({ user_agent }) => user_agent)
        assert.include(agents, "abcd")
        const { lines } = yield* transcript
        for (const line of lines) assert.notInclude(line, "forged")
      })
    )
  })

/** OWASP ASVS 5.0, V16.5: errors. */
export const errorsSuite = (it: OnAuth) =>
  describe("V16.5 error handling", () => {
    it.effect("16.5.1 an error says nothing of what is inside", () =>
      Effect.gen(function* () {
        const { email, password } = yield* newPerson()
        const away = yield* whileAway(({ token }) => ask("GET", "/auth/session", { token }))
        const answers = [
          away,
          yield* whileAway(() => ask("GET", "/health/database")),
          yield* signUp({ email, password }),
          yield* signUp({ email: "\0", password: "\ud800".repeat(9) }),
          yield* post("/auth/signup", "{".repeat(9000)),
          yield* ask("GET", "/nowhere")
        ]
        for (const { status, text } of answers) {
          assert.isAtLeast(status, 400)
          assert.notMatch(
            text,
            /127\.0\.0\.1|postgres|sql|select|insert|\.ts\b|\\n +at |_key|ECONN/i
          )
        }
      })
    )

    it.effect(
      "16.5.2 while the database is away nobody is signed out, and all goes on afterwards",
      () =>
        Effect.gen(function* () {
          isUnavailable(yield* whileAway(({ token }) => ask("GET", "/auth/session", { token })))
        })
    )

    it.effect(
      "16.5.3 while the database is away nothing is open: no limit, no password, no token",
      () =>
        Effect.gen(function* () {
          const answers = yield* whileAway((person) =>
            Effect.all([
              signIn(person),
              signUp({ email: freshEmail(), password: person.password }),
              reset("A".repeat(43), "the next one"),
              changePassword(person.token, person.password, "the next one")
            ])
          )
          answers.forEach(isUnavailable)
        })
    )
  })
