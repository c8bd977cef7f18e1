import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, ParseResult, Schema } from "effect"
import { fieldIssues } from "../../src/http/FieldIssues.ts"

const Name = Schema.String.pipe(Schema.minLength(3, { message: () => "is too short" }))
const Even = Schema.transformOrFail(Schema.Number, Schema.Number, {
  decode: (n, _, ast) =>
    n % 2 === 0 ? ParseResult.succeed(n) : ParseResult.fail(new ParseResult.Type(ast, n, "is odd")),
  encode: ParseResult.succeed
})
const Person = Schema.Struct({
  name: Name,
  even: Even,
  plain: Schema.Boolean,
  address: Schema.Struct({ city: Name })
})

const issuesOf = (input: unknown) =>
  Either.match(Schema.decodeUnknownEither(Person, { errors: "all" })(input), {
    onLeft: (error) => fieldIssues(error.issue),
    onRight: () => []
  })

describe("FieldIssues", () => {
  it("lists every field that is wrong, nested ones dotted, in the schema's words", () => {
    assert.deepStrictEqual(issuesOf({ name: "x", even: 3, plain: "x", address: { city: "y" } }), [
      { field: "name", message: "is too short" },
      { field: "even", message: "is odd" },
      { field: "plain", message: "is not valid" },
      { field: "address.city", message: "is too short" }
    ])
  })

  it("says what is missing, and that the whole is no object", () => {
    assert.deepStrictEqual(issuesOf({ name: "long", even: 2, plain: true }), [
      { field: "address", message: "is missing" }
    ])
    assert.deepStrictEqual(issuesOf([]), [{ field: "", message: "must be a JSON object" }])
    assert.deepStrictEqual(issuesOf("x"), [{ field: "", message: "must be a JSON object" }])
  })

  it.prop("never repeats a value that was sent", [fc.jsonValue()], ([value]) => {
    const canary = "c4n4ry-5ecret"
    const sent = {
      name: [canary, value],
      even: canary,
      plain: { canary },
      address: { city: [canary] }
    }
    assert.notInclude(JSON.stringify(issuesOf(sent)), canary)
    assert.notInclude(JSON.stringify(issuesOf(canary)), canary)
  })
})
