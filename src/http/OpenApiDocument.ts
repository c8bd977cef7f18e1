import { HttpApi, OpenApi } from "@effect/platform"
import { Context } from "effect"
import { MethodNotAllowed } from "./ApiError.ts"
import { NAME } from "./SessionCookie.ts"

type Json = Readonly<Record<string, unknown>>

const header = (description: string, type: "integer" | "string"): Json => ({
  description,
  required: true,
  schema: { type }
})

const RETRY_AFTER: Json = {
  "Retry-After": header("After how many seconds to ask again.", "integer")
}

// The generator knows no headers of answers: these go with every answer of the status.
const HEADERS_BY_STATUS: Readonly<Record<string, Json>> = {
  401: { "WWW-Authenticate": header("The scheme to authenticate with: Bearer.", "string") },
  429: RETRY_AFTER,
  503: RETRY_AFTER
}

// Nor answers that come before an endpoint is found.
const METHOD_NOT_ALLOWED: Json = {
  description: "The path does not take the method.",
  headers: { Allow: header("The methods that the path takes.", "string") },
  content: { "application/json": { schema: { $ref: "#/components/schemas/MethodNotAllowed" } } }
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A, key: string) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value, key)]))

// The cookie is the middleware's business, which knows one scheme: either of the two will do.
const COOKIE_SCHEME: Json = {
  type: "apiKey",
  in: "cookie",
  name: NAME,
  description:
    "Set by a sign-up or sign-in with `?transport=cookie`. Requests that change something must then come from a page of the service or of an allowed origin."
}

// As a parameter of the contract it would be one of every call of the typed client.
const TRANSPORT: Json = {
  name: "transport",
  in: "query",
  required: false,
  schema: { type: "string", enum: ["cookie"] },
  description: `Where the token goes. \`cookie\`: into the cookie ${NAME}, and not into the body.`
}

const IDEMPOTENCY_KEY: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
  description:
    "Made at random by the client for one sign-up, such as a UUID: sent again with it, the sign-up gives the same user."
}

const HANDED_OVER = '"#/components/schemas/SignedIn"'

/** Whoever is answered with a token may have it in the cookie instead; a sign-up may be sent again. */
const parametersOf = ({ operationId, parameters, responses }: OpenApi.OpenAPISpecOperation) => [
  ...parameters,
  ...(operationId === "signUp" ? [IDEMPOTENCY_KEY] : []),
  ...(JSON.stringify(responses).includes(HANDED_OVER) ? [TRANSPORT] : [])
]

const completeOperation = (operation: OpenApi.OpenAPISpecOperation): Json => ({
  ...operation,
  parameters: parametersOf(operation),
  security: operation.security.length > 0 ? [...operation.security, { cookie: [] }] : [],
  responses: {
    ...mapValues(operation.responses, (response, status) => ({
      ...response,
      ...(status in HEADERS_BY_STATUS ? { headers: HEADERS_BY_STATUS[status] } : undefined)
    })),
    405: { $ref: "#/components/responses/MethodNotAllowed" }
  }
})

const complete = (document: OpenApi.OpenAPISpec): Record<string, unknown> => ({
  ...document,
  paths: mapValues(document.paths, (path) => mapValues(path, completeOperation)),
  components: {
    ...document.components,
    securitySchemes: { ...document.components.securitySchemes, cookie: COOKIE_SCHEME },
    responses: { MethodNotAllowed: METHOD_NOT_ALLOWED }
  }
})

/** What the contract's document says beside its endpoints, and what the generator leaves out. */
export const documentation = OpenApi.annotations({
  title: "holdfast",
  version: "0.1.0",
  description:
    "Sign-up and sessions that survive a serverless database. Every error is JSON with a `_tag` " +
    "that stays and a `message` for people. A path has exactly one spelling.",
  license: { name: "MIT", url: "https://opensource.org/license/mit" },
  servers: [{ url: "/", description: "The service that this document comes from." }],
  transform: (document) => complete(document as OpenApi.OpenAPISpec)
}).pipe(Context.add(HttpApi.AdditionalSchemas, [MethodNotAllowed]))
