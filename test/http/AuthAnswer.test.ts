import { HttpApiSchema } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import type { Schema } from "effect"
import * as AuthError from "../../src/auth/AuthError.ts"
import {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  IdempotencyKeyReused,
  InvalidCredentials,
  SessionInvalid,
  Throttled,
  TokenInvalid,
  WrongPassword
} from "../../src/http/AuthAnswer.ts"

const answers: Readonly<Record<string, Schema.Schema.All>> = {
  DatabaseUnavailable,
  EmailTaken,
  HashingOverloaded,
  IdempotencyKeyReused,
  InvalidCredentials,
  SessionInvalid,
  Throttled,
  TokenInvalid,
  WrongPassword
}

describe("the errors of auth/", () => {
  it("are all answers, each with its status", () => {
    const statuses = Object.entries(answers).map(([name, schema]) => [
      name,
      HttpApiSchema.getStatusError(schema)
    ])
    assert.deepStrictEqual(Object.fromEntries(statuses), {
      DatabaseUnavailable: 503,
      EmailTaken: 409,
      HashingOverloaded: 503,
      IdempotencyKeyReused: 422,
      InvalidCredentials: 401,
      SessionInvalid: 401,
      Throttled: 429,
      TokenInvalid: 400,
      WrongPassword: 403
    })
    assert.sameMembers(Object.keys(answers), Object.keys(AuthError))
  })
})
