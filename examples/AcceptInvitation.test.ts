import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { expectTypeOf } from "vitest"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import {
  type AcceptInvitationError,
  acceptInvitation,
  accounts,
  Invitations,
  InvitationUnknown
} from "./AcceptInvitation.ts"

const invitations = Layer.succeed(Invitations, {
  teamOf: (code) =>
    code === "welcome"
      ? Effect.succeed("lighthouse")
      : new InvitationUnknown({ message: "No team has sent this invitation." })
})

// For the compiler: these are all the ways in which it can fail.
expectTypeOf<Effect.Effect.Error<ReturnType<typeof acceptInvitation>>["_tag"]>().toEqualTypeOf<
  | "ParseError"
  | "InvitationUnknown"
  | "InvalidCredentials"
  | "IdempotencyKeyReused"
  | "PasswordRefused"
  | "Throttled"
  | "HashingOverloaded"
  | "DatabaseUnavailable"
>()

const form = { code: "welcome", email: "Guest@Example.com", password: "TestPass123" }

layer(Layer.merge(invitations, Layer.provide(accounts, TestDatabase.layer)), {
  excludeTestServices: true,
  timeout: "1 minute"
})("accepting an invitation", (it) => {
  it.effect("signs a guest up once, and in from then on", () =>
    Effect.gen(function* () {
      const first = yield* acceptInvitation(form)
      const second = yield* acceptInvitation(form)
      expect(first).toMatchObject({ team: "lighthouse", user: { email: "guest@example.com" } })
      expect(second.user).toEqual(first.user)
      expect(second.session.id).not.toBe(first.session.id)
    })
  )

  it.effect.each([
    ["InvitationUnknown", { ...form, code: "forged" }],
    ["InvalidCredentials", { ...form, password: "not their password" }],
    ["ParseError", { ...form, email: "guest" }],
    ["ParseError", { ...form, password: "short" }]
  ] as const)("fails with %s, typed", ([tag, given]) =>
    Effect.gen(function* () {
      yield* Effect.ignore(acceptInvitation(form))
      const error: AcceptInvitationError = yield* Effect.flip(acceptInvitation(given))
      expect(error._tag).toBe(tag)
      expect(String(error)).not.toContain(given.password)
    })
  )
})
