import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import {
  another,
  ask,
  begun,
  changePassword,
  newPerson,
  reset,
  resetToken,
  signIn,
  signUp,
  statusWith,
  tokenFor,
  verify
} from "../http/Person.ts"
import { type Answer, freshEmail, type Service } from "../http/Service.ts"
import { AuthServices, at } from "../support/AuthServices.ts"
import { databaseDump } from "../support/DatabaseDump.ts"

/** What of the database HTTP can carry: other bytes never arrive. */
const dump = Effect.map(databaseDump, (values) =>
  values.filter((value) => /^[\x21-\x7e]+$/.test(value))
)

const secrets = ["canary first", "canary second", "canary third", "canary wrong", "canary-key"]
const [first = "", second = "", third = "", wrong = "", key = ""] = secrets

/** Everything that can be done, done; with every answer to it, and what was given out. */
const busyDay = Effect.gen(function* () {
  const headers = { "idempotency-key": key, "x-forwarded-for": "192.0.2.99" }
  const credentials = { email: freshEmail(), password: first }
  const { email } = credentials
  const up = yield* signUp(credentials, { headers })
  const person = { ...credentials, ...begun(up) }
  const answers: Array<Answer> = [
    yield* signIn({ ...person, password: wrong }),
    yield* signUp({ email, password: wrong }, { headers }),
    yield* signUp({ email, password: wrong }),
    yield* changePassword(person.token, wrong, second),
    yield* reset(`canary-${"x".repeat(36)}`, second),
    yield* ask("POST", `/auth/signup?transport=${key}`, { json: credentials }),
    yield* ask("GET", `/${key}/${person.token}`)
  ]
  const proof = yield* tokenFor("confirm address", email)
  answers.push(yield* verify(proof))
  const phone = yield* another(person)
  const changed = begun(yield* changePassword(person.token, first, second))
  const used = yield* resetToken(email)
  answers.push(yield* reset(used, third), yield* reset(used, second))
  const live = begun(yield* signIn({ email, password: third }))
  const gone = yield* newPerson({ password: first })
  const json = { password: first }
  answers.push(yield* ask("DELETE", "/auth/account", { token: gone.token, json }))
  yield* at("verifyFirst")(signUp({ email: freshEmail(), password: second }))
  yield* at("limited")(signIn({ email, password: wrong }))
  const unused = yield* resetToken(email, 2)
  const tokens = [person, phone, changed, gone, live].map(({ token }) => token)
  return { answers, live: live.token, unused, given: [...tokens, proof, used, unused] }
})

layer(AuthServices.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "a thief of the database, over HTTP",
  (it) => {
    it.effect(
      "opens nothing with any value in it, and finds no secret there or in what is logged",
      () =>
        Effect.gen(function* () {
          const { answers, given, live, unused } = yield* busyDay
          const values = yield* dump
          assert.isAbove(values.length, 50)
          assert.isAbove(values.filter((value) => /^[\w-]{43}$/.test(value)).length, 5)
          const statusesOf = (request: (value: string) => Effect.Effect<Answer, never, Service>) =>
            Effect.forEach(values, request, { concurrency: 8 }).pipe(
              Effect.map((all) => [...new Set(all.map(({ status }) => status))])
            )
          assert.deepStrictEqual(
            yield* statusesOf((token) => ask("GET", "/auth/session", { token })),
            [401]
          )
          const withCookie = (value: string) =>
            ask("GET", "/auth/session", { headers: { cookie: `__Host-session=${value}` } })
          assert.deepStrictEqual(yield* statusesOf(withCookie), [401])
          assert.deepStrictEqual(yield* statusesOf((token) => verify(token)), [400])
          assert.deepStrictEqual(yield* statusesOf((token) => reset(token, "of the thief")), [400])

          const { lines, spans } = yield* AuthServices
          const written = [values, lines, spans(), answers.map(({ text }) => text)]
          const text = JSON.stringify(written)
          for (const secret of [...secrets, ...given]) assert.notInclude(text, secret)
          // Proof that the same requests succeed with what was given out.
          assert.strictEqual(yield* statusWith(live), 200)
          assert.strictEqual((yield* reset(unused, "of the owner")).status, 204)
        }),
      60_000
    )
  }
)
