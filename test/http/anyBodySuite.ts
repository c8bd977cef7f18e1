import { assert, describe } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { type OnService, post } from "./Service.ts"

const CANARY = "c4n4ry-Passw0rd"

/** What is said of every field that was sent in an error's answer. */
const harmless = (body: string | Uint8Array) =>
  Effect.map(post("/auth/signup", body), ({ status, text }) => {
    assert.include([201, 400, 409, 413, 415], status)
    assert.notInclude(text, CANARY)
  })

const email = fc.oneof(fc.emailAddress(), fc.string(), fc.jsonValue())

const password = fc.oneof(
  fc.constant(CANARY),
  fc.string({ unit: "binary" }).map((noise) => CANARY + noise),
  fc.string({ unit: "binary" }).map((noise) => noise + CANARY),
  fc.constant(CANARY.slice(0, 4)),
  fc.jsonValue()
)

const credentials = fc.record({ email, password }, { requiredKeys: [], noNullPrototype: false })

const encoded = fc.oneof(
  credentials.map((value) => JSON.stringify(value)),
  fc
    .tuple(credentials, fc.jsonValue())
    .map(([value, extra]) => JSON.stringify({ ...value, extra })),
  fc.json(),
  fc.json({ maxDepth: 200 }),
  fc.anything({ withBigInt: false }).map((value) => JSON.stringify(value) ?? ""),
  fc.string({ unit: "binary" }),
  fc.string().map((noise) => `{"email":"${noise}","password":"${CANARY}"`)
)

const huge = fc.integer({ min: 1, max: 200_000 }).map((size) =>
  JSON.stringify({
    email: "a@example.com",
    password: CANARY.repeat(Math.ceil(size / CANARY.length))
  })
)

/** Whatever arrives at sign-up is answered, with a status that says what it was. */
export const anyBodySuite = (it: OnService) =>
  describe("any body", () => {
    it.effect.prop(
      "any JSON answers 201, 400, 409, 413 or 415, never a 5xx and never a password",
      [encoded],
      ([body]) => harmless(body),
      { fastCheck: { numRuns: 300 } }
    )

    it.effect.prop(
      "so do any bytes",
      [fc.uint8Array({ maxLength: 2000 })],
      ([bytes]) => harmless(bytes),
      {
        fastCheck: { numRuns: 100 }
      }
    )

    it.effect.prop("so do bodies of any size", [huge], ([body]) => harmless(body), {
      fastCheck: { numRuns: 40 }
    })
  })
