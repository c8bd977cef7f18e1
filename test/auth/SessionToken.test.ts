import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Either, Encoding, FastCheck, Redacted } from "effect"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { SecureRandom } from "../../src/runtime/SecureRandom.ts"

const generated = (bytes: Uint8Array) =>
  Effect.provideService(SessionToken.generate, SecureRandom, {
    uuid: Effect.dieMessage("a token needs no UUID"),
    bytes: (length) => Effect.succeed(bytes.slice(0, length))
  })

const thirtyTwoBytes = FastCheck.uint8Array({ minLength: 32, maxLength: 32 })

const base64url = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]

describe("a session token", () => {
  it.effect.prop(
    "is 43 characters of base64url for 32 random bytes, and is read back as itself",
    [thirtyTwoBytes],
    ([bytes]) =>
      Effect.gen(function* () {
        const token = yield* generated(bytes)
        expect(Redacted.value(token)).toBe(Buffer.from(bytes).toString("base64url"))
        expect(Redacted.value(token)).toHaveLength(43)
        const parsed = yield* SessionToken.parse(Redacted.value(token))
        expect(Redacted.value(parsed)).toBe(Redacted.value(token))
      })
  )

  it.effect("is new every time", () =>
    Effect.gen(function* () {
      const tokens = yield* Effect.replicateEffect(SessionToken.generate, 1_000)
      expect(new Set(tokens.map(Redacted.value)).size).toBe(1_000)
    })
  )

  it.prop(
    "has one spelling: of 64 last characters only those that 32 bytes can have are read",
    [FastCheck.array(FastCheck.constantFrom(...base64url), { minLength: 42, maxLength: 42 })],
    ([characters]) => {
      const readable = base64url
        .map((last) => [...characters, last].join(""))
        .filter((text) => Either.isRight(SessionToken.parse(text)))
      expect(readable).toHaveLength(16)
      for (const text of readable) {
        const bytes = Either.getOrThrow(Encoding.decodeBase64Url(text))
        expect(Encoding.encodeBase64Url(bytes)).toBe(text)
      }
    }
  )

  it.prop(
    "is read from nothing else",
    [
      FastCheck.oneof(
        FastCheck.string(),
        FastCheck.string({ unit: "binary", minLength: 43, maxLength: 43 }),
        FastCheck.base64String(),
        thirtyTwoBytes.map((bytes) => `${Buffer.from(bytes).toString("base64url")}=`),
        thirtyTwoBytes.map((bytes) => `${Buffer.from(bytes).toString("base64url")}\n`),
        thirtyTwoBytes.map((bytes) => ` ${Buffer.from(bytes).toString("base64url")}`)
      )
    ],
    ([text]) => {
      FastCheck.pre(
        Buffer.from(text, "base64url").toString("base64url") !== text || text.length !== 43
      )
      expect(Either.flip(SessionToken.parse(text))).toMatchObject({
        right: { _tag: "SessionInvalid" }
      })
    }
  )

  it.effect("does not show in text or JSON", () =>
    Effect.gen(function* () {
      const token = yield* SessionToken.generate
      expect(`${token} ${JSON.stringify({ token })}`).toBe('<redacted> {"token":"<redacted>"}')
    })
  )
})

describe("the digest of a session token", () => {
  it.effect.prop(
    "is the SHA-256 of its text, equal exactly for equal tokens",
    [thirtyTwoBytes, thirtyTwoBytes],
    ([one, other]) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([generated(one), generated(other)])
        const again = yield* SessionToken.parse(Redacted.value(a))
        const hex = (token: SessionToken.SessionToken) =>
          Buffer.from(SessionToken.digest(token)).toString("hex")
        expect(hex(a)).toBe(createHash("sha256").update(Redacted.value(a)).digest("hex"))
        expect(hex(again)).toBe(hex(a))
        expect(hex(a) === hex(b)).toBe(Buffer.from(one).equals(Buffer.from(other)))
      })
  )
})
