import type { Vitest } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"

/** A service under test, as a black box: all that is known of it is where it answers. */
export class Service extends Context.Tag("test/http/Service")<Service, { readonly url: string }>() {
  /** A service that already runs. */
  static readonly at = (url: string) => Layer.succeed(Service, { url })
}

/** Defines tests of a service. */
export type OnService = Vitest.MethodsNonLive<Service, true>

/** What came back, with its body read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined if it is none. */
  readonly json: unknown
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Sends a request. Fails, as a defect, only if there is no answer. */
export const send = (path: string, init: RequestInit = {}): Effect.Effect<Answer, never, Service> =>
  Effect.flatMap(Service, ({ url }) =>
    Effect.promise(async (signal) => {
      const response = await fetch(url + path, { signal, redirect: "manual", ...init })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: parsed(text) }
    })
  )

/** Posts a text or bytes as JSON. */
export const post = (
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {}
) =>
  send(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } })

/** Posts a value as JSON. */
export const postJson = (path: string, value: unknown) => post(path, JSON.stringify(value))

/** All of an answer that anybody could tell it from another by, but for its time. */
export const shape = ({ headers, status, text }: Answer) => ({
  status,
  text,
  headers: [...headers.keys()].sort()
})

/** An address that no one else has. */
export const freshEmail = (): string => `${crypto.randomUUID()}@example.com`

/** The headers of a request with a bearer token. */
export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
