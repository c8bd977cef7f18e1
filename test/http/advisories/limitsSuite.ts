import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { at } from "../../support/AuthServices.ts"
import {
  ask,
  changePassword,
  goodPassword,
  newPerson,
  type OnAuth,
  type RequestParts,
  resetToken,
  signIn,
  signUp,
  tagOf,
  verify
} from "../Person.ts"
import { type Answer, freshEmail } from "../Service.ts"

const count = (answers: ReadonlyArray<Answer>, status: number): number =>
  answers.filter((answer) => answer.status === status).length

const atOnce = <A, E, R>(times: number, each: (index: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: times }), (_, index) => each(index), {
    concurrency: "unbounded"
  })

/** Asks for a letter: five in a minute from one address. */
const askForLetter = (parts: RequestParts, email = freshEmail()) =>
  ask("POST", "/auth/password/reset-request", { ...parts, json: { email } })

const wrong = "not the password"

/** Advisories about limits that could be passed by. */
export const limitsSuite = (it: OnAuth) =>
  describe("limits", () => {
    it.effect(
      "2 better-auth GHSA-x732-6j76-qmhm: a path has one spelling, so none evades a limit",
      () =>
        Effect.gen(function* () {
          const credentials = { email: freshEmail(), password: goodPassword }
          for (const path of [
            "//auth/signup",
            "/auth//signup",
            "/auth/signup/",
            "/auth%2fsignup",
            "/auth/%73ignup",
            "/AUTH/signup",
            "/x/../auth//signup",
            "/auth/signup;a=b"
          ]) {
            assert.strictEqual((yield* ask("POST", path, { json: credentials })).status, 404, path)
          }
          assert.strictEqual((yield* signUp(credentials)).status, 201)
        })
    )

    it.effect(
      "3 better-auth CVE-2026-45364: all spellings of an address, and its /64, count as one",
      () =>
        Effect.gen(function* () {
          const ipv6 = ["2001:db8:1:2::1", "2001:DB8:1:2::1", "2001:0db8:0001:0002:0:0:0:1"]
          ipv6.push("2001:db8:1:2:ffff::9", "[2001:db8:1:2::7]:4711", "2001:db8:1:2::3")
          const ipv4 = ["198.51.100.7", "::ffff:198.51.100.7", "::FFFF:c633:6407"]
          ipv4.push("0:0:0:0:0:ffff:198.51.100.7", "198.51.100.7:4711", "::ffff:c633:6407")
          for (const spellings of [ipv6, ipv4]) {
            const answers = yield* Effect.forEach(spellings, (from) => askForLetter({ from }))
            assert.deepStrictEqual(
              answers.map(({ status }) => status),
              [202, 202, 202, 202, 202, 429]
            )
          }
        }).pipe(at("limited"))
    )

    it.effect("4 better-auth #10203, #9990: a forged X-Forwarded-For moves no limit", () =>
      Effect.gen(function* () {
        const forged = (index: number) => `192.0.2.${index}, 10.0.0.${index}, 203.0.113.4`
        const answers = yield* atOnce(8, (index) => askForLetter({ from: forged(index) }))
        assert.deepStrictEqual([count(answers, 202), count(answers, 429)], [5, 3])
        // Where no proxy is believed the header says nothing, and where it names nobody the socket does.
        const unbelieved = yield* at("direct")(
          atOnce(4, (index) => askForLetter({ from: forged(index) }))
        )
        const nameless = yield* Effect.forEach(["", "unknown", "_hidden"], (from) =>
          askForLetter({ from })
        )
        assert.strictEqual(count([...unbelieved, ...nameless], 202), 5)
      }).pipe(at("limited"))
    )

    it.effect(
      "5 better-auth #9993: of requests at the same moment exactly as many pass as may",
      () =>
        Effect.gen(function* () {
          const answers = yield* atOnce(40, () => askForLetter({ from: "203.0.113.5" }))
          assert.deepStrictEqual([count(answers, 202), count(answers, 429)], [5, 35])
          const person = yield* newPerson({}, { from: "203.0.113.55" })
          const gone = yield* atOnce(8, (index) =>
            ask("DELETE", "/auth/account", {
              token: person.token,
              json: { password: person.password },
              from: `10.5.0.${index}`
            })
          )
          assert.strictEqual(count(gone, 204), 1, "and what can be done once is done once")
        }).pipe(at("limited"))
    )

    it.effect(
      "19 Devise CVE-2019-5421, ASP.NET CVE-2023-33170, Keycloak CVE-2024-4629: wrong passwords at the same moment are all counted",
      () =>
        Effect.gen(function* () {
          const person = yield* newPerson({}, { from: "203.0.113.19" })
          const answers = yield* atOnce(60, (index) =>
            signIn({ ...person, password: wrong }, { from: `10.19.0.${index}` })
          )
          // Five, and one more for each pause that passed meanwhile: after 1, 3 and 7 seconds.
          assert.isAtLeast(count(answers, 401), 5)
          assert.isAtMost(count(answers, 401), 8)
          assert.strictEqual(count(answers, 429), 60 - count(answers, 401))
          // On a busy machine the last pause may be over by now: it begins anew.
          yield* signIn({ ...person, password: wrong }, { from: "10.19.1.0" })
          const right = yield* signIn(person, { from: "10.19.1.1" })
          assert.strictEqual(right.status, 429, "the right one waits, too")
          assert.isAtLeast(Number(right.headers.get("retry-after")), 1)
        }).pipe(at("limited"))
    )

    it.effect(
      "20 Keycloak CVE-2026-9798: every way to try a password or a token has the limit",
      () =>
        Effect.gen(function* () {
          const ways: ReadonlyArray<
            (token: string, parts: RequestParts) => ReturnType<typeof ask>
          > = [
            (token, parts) => changePassword(token, wrong, "something else", parts),
            (token, parts) =>
              ask("DELETE", "/auth/account", { ...parts, token, json: { password: wrong } }),
            (token, parts) =>
              ask("POST", "/auth/email/change", {
                ...parts,
                token,
                json: { newEmail: freshEmail(), password: wrong }
              })
          ]
          for (const [index, way] of ways.entries()) {
            const person = yield* newPerson({}, { from: `203.0.113.${200 + index}` })
            const answers = yield* atOnce(9, (each) =>
              way(person.token, { from: `10.20.${index}.${each}` })
            )
            assert.isAtLeast(count(answers, 403), 5)
            assert.strictEqual(count(answers, 429), 9 - count(answers, 403))
            assert.isAtLeast(count(answers, 429), 1)
            const elsewhere = yield* signIn(person, { from: "10.20.9.9" })
            assert.strictEqual(
              elsewhere.status,
              200,
              "a stolen session locks its owner out nowhere"
            )
          }
          const tokens = yield* atOnce(40, () => verify("A".repeat(43), { from: "203.0.113.20" }))
          assert.isAtLeast(count(tokens, 429), 5)
        }).pipe(at("limited"))
    )

    it.effect(
      "23 Supabase auth-js#1001, #1547: the pause between letters is the same for nobody",
      () =>
        Effect.gen(function* () {
          const { email } = yield* newPerson({}, { from: "203.0.113.23" })
          const sixth = (address: string, network: number) =>
            Effect.gen(function* () {
              for (let index = 0; index < 5; index += 1) {
                const passed = yield* askForLetter({ from: `10.23.${network}.${index}` }, address)
                assert.strictEqual(passed.status, 202)
              }
              return yield* askForLetter({ from: `10.23.${network}.5` }, address)
            })
          const [known, unknown] = [yield* sixth(email, 1), yield* sixth(freshEmail(), 2)]
          assert.deepStrictEqual([known.status, unknown.status], [429, 429])
          assert.strictEqual(tagOf(known), tagOf(unknown))
          const wait = ({ headers }: Answer) => Number(headers.get("retry-after"))
          assert.closeTo(wait(known), wait(unknown), 15)
        }).pipe(at("limited"))
    )

    it.effect("27 Lucia's guide to resets: of fifty who redeem one token, one does", () =>
      Effect.gen(function* () {
        const { email } = yield* newPerson()
        const token = yield* resetToken(email)
        const passwords = Array.from({ length: 50 }, (_, index) => `password number ${index}`)
        const answers = yield* atOnce(50, (index) =>
          ask("POST", "/auth/password/reset", { json: { token, newPassword: passwords[index] } })
        )
        assert.deepStrictEqual([count(answers, 204), count(answers, 400)], [1, 49])
        const winner = passwords[answers.findIndex(({ status }) => status === 204)] ?? ""
        assert.strictEqual((yield* signIn({ email, password: winner })).status, 200)
      })
    )

    it.effect(
      "28 Supabase #2675: of fifty sign-ups with one address one succeeds, and none fails",
      () =>
        Effect.gen(function* () {
          const email = freshEmail()
          const answers = yield* atOnce(50, () => signUp({ email, password: goodPassword }))
          assert.deepStrictEqual([count(answers, 201), count(answers, 409)], [1, 49])
          for (const { text } of answers) assert.notMatch(text, /users_|_key|constraint|duplicate/)
        })
    )
  })
