import { type Headers, HttpServerRequest } from "@effect/platform"
import { Effect, type ParseResult, Schema } from "effect"
import { type FieldIssue, InvalidRequest, UnsupportedMediaType } from "./ApiError.ts"
import { receive } from "./BodyBytes.ts"
import { fieldIssues } from "./FieldIssues.ts"

/**
 * Decodes the request's JSON body, naming every field that is wrong and quoting none.
 *
 * platform would decode by itself, but it answers with the input quoted, without a limit, takes a
 * missing Content-Type for JSON, and replaces invalid UTF-8. Unknown fields are ignored.
 */
export const decodeBody = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "ignore" })
  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    yield* requireJson(request.headers)
    const json = yield* parse(yield* receive(request))
    return yield* Effect.mapError(decode(json), invalidFields)
  })
}

const requireJson = (headers: Headers.Headers): Effect.Effect<void, UnsupportedMediaType> => {
  if (!isJsonInUtf8(headers["content-type"] ?? "")) {
    return new UnsupportedMediaType({
      message: "Send the body as JSON in UTF-8, with the header Content-Type: application/json."
    })
  }
  return (headers["content-encoding"] ?? "identity") === "identity"
    ? Effect.void
    : new UnsupportedMediaType({ message: "Send the body without a Content-Encoding." })
}

// A charset means nothing for JSON (RFC 8259, 11), but `charset=utf-8` is common and true.
const isJsonInUtf8 = (contentType: string): boolean => {
  const [type, ...parameters] = contentType.toLowerCase().split(";")
  return (
    type?.trim() === "application/json" &&
    parameters.every((parameter) => {
      const [name, value = ""] = parameter.split("=")
      return name?.trim() !== "charset" || value.trim().replaceAll('"', "") === "utf-8"
    })
  )
}

const parse = (bytes: Uint8Array): Effect.Effect<unknown, InvalidRequest> =>
  Effect.gen(function* () {
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => unreadable("The body is not valid UTF-8.")
    })
    if (text.trim() === "") return yield* unreadable("The body is empty; send a JSON object.")
    return yield* Effect.try({
      // The parser's own message quotes the input.
      try: (): unknown => JSON.parse(text),
      catch: () => unreadable("The body is not valid JSON.")
    })
  })

const unreadable = (message: string): InvalidRequest => new InvalidRequest({ message, issues: [] })

const invalidFields = (error: ParseResult.ParseError): InvalidRequest =>
  invalidRequest("The body", fieldIssues(error.issue))

/** What is wrong with a part of a request, in one sentence per field and as data. */
export const invalidRequest = (part: string, issues: ReadonlyArray<FieldIssue>): InvalidRequest =>
  new InvalidRequest({ message: `${part} is not valid. ${issues.map(phrase).join(" ")}`, issues })

const phrase = ({ field, message }: FieldIssue): string => {
  const subject = field === "" ? "It" : field
  return `${subject}: ${message}${message.endsWith(".") ? "" : "."}`
}
