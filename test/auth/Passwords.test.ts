import { expect, layer } from "@effect/vitest"
import { Arbitrary, Clock, Duration, Effect, Redacted } from "effect"
import { Password } from "../../src/auth/Password.ts"
import { PasswordHash, Passwords } from "../../src/auth/Passwords.ts"

const password = (text: string) => Password.make(Redacted.make(text))

const stored = (phc: string) => PasswordHash(Redacted.make(phc))

layer(Passwords.layer(), { excludeTestServices: true })("a hash of a password", (it) => {
  it.effect.prop(
    "is verified by that password and by no other",
    [Arbitrary.make(Password), Arbitrary.make(Password)],
    ([one, other]) =>
      Effect.gen(function* () {
        const passwords = yield* Passwords
        const hash = yield* passwords.hash(one)
        expect(yield* passwords.verify(one, hash)).toBe(true)
        const isSame = Redacted.value(one).normalize() === Redacted.value(other).normalize()
        expect(yield* passwords.verify(other, hash)).toBe(isSame)
      }),
    { fastCheck: { numRuns: 15 } }
  )

  it.effect("says how it was made, with a salt of its own", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const one = Redacted.value(yield* passwords.hash(password("TestPass123")))
      const other = Redacted.value(yield* passwords.hash(password("TestPass123")))
      // 22 and 43 characters of base64: 16 bytes of salt, 32 of the tag.
      const phc = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$[A-Za-z0-9+/]{43}$/
      expect(one).toMatch(phc)
      expect(phc.exec(one)?.[1]).not.toBe(phc.exec(other)?.[1])
    })
  )

  it.effect("covers the whole password: bcrypt would stop after 72 bytes", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const hash = yield* passwords.hash(password(`${"a".repeat(255)}b`))
      expect(yield* passwords.verify(password(`${"a".repeat(255)}c`), hash)).toBe(false)
      expect(yield* passwords.verify(password("a".repeat(255)), hash)).toBe(false)
    })
  )

  it.effect("is the same for an é of one code point and of two, but not for ² and 2", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const hash = yield* passwords.hash(password("cafe\u0301 au lait²"))
      expect(yield* passwords.verify(password("caf\u00e9 au lait²"), hash)).toBe(true)
      expect(yield* passwords.verify(password("caf\u00e9 au lait2"), hash)).toBe(false)
      expect(yield* passwords.verify(password("Caf\u00e9 au lait²"), hash)).toBe(false)
      expect(yield* passwords.verify(password(" caf\u00e9 au lait²"), hash)).toBe(false)
    })
  )

  // The vectors of the reference implementation: phc-winner-argon2, src/test.c, argon2id v=19.
  it.effect.each([
    ["password", "m=65536,t=2,p=1", "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"],
    ["password", "m=256,t=2,p=1", "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"],
    ["password", "m=256,t=2,p=2", "c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"],
    [
      "differentpassword",
      "m=65536,t=2,p=1",
      "c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"
    ],
    ["password", "m=65536,t=2,p=1", "ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"]
  ] as const)("agrees with the reference implementation: %s", ([text, cost, saltAndTag]) =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const hash = stored(`$argon2id$v=19$${cost}$${saltAndTag}`)
      expect(yield* passwords.verify(password(text), hash)).toBe(true)
      expect(yield* passwords.verify(password(`${text}!`), hash)).toBe(false)
    })
  )

  it.effect("that is missing is refused, after the time that a comparison takes", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const hash = yield* passwords.hash(password("TestPass123"))
      const durations = { known: [] as number[], unknown: [] as number[] }
      for (let round = 0; round < 9; round += 1) {
        for (const who of ["known", "unknown"] as const) {
          const begun = yield* Clock.currentTimeNanos
          const given = who === "known" ? hash : undefined
          expect(yield* passwords.verify(password("WrongPass123"), given)).toBe(false)
          durations[who].push(Number((yield* Clock.currentTimeNanos) - begun))
        }
      }
      // Without a comparison it would be a thousandth. A statistical proof is another suite's.
      const ratio = median(durations.unknown) / median(durations.known)
      expect(ratio).toBeGreaterThan(1 / 3)
      expect(ratio).toBeLessThan(3)
    })
  )
})

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

layer(Passwords.layer({ concurrency: 1, maxWaiting: 2, maxWait: Duration.minutes(1) }), {
  excludeTestServices: true
})("too many passwords at once", (it) => {
  it.effect("are refused with a time to come back, and the others are hashed", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const answers = yield* Effect.all(
        Array.from({ length: 5 }, () => Effect.either(passwords.hash(password("TestPass123")))),
        { concurrency: "unbounded" }
      )
      const refusals = answers.flatMap((answer) => (answer._tag === "Left" ? [answer.left] : []))
      expect(refusals).toHaveLength(2)
      expect(refusals[0]).toMatchObject({ _tag: "HashingOverloaded", retryAfterSeconds: 1 })
    })
  )
})
