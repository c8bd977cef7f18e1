import { HttpApiClient, HttpClient, HttpClientRequest } from "@effect/platform"
import type { Redacted } from "effect"
import { Api } from "./Api.ts"

/** Where the service is, and as whom to ask. */
export interface ClientOptions {
  /** For example `http://127.0.0.1:8000`. */
  readonly baseUrl: string | URL
  /** The session token to send with every request. Default: none. */
  readonly token?: Redacted.Redacted | undefined
}

/**
 * A client typed by the contract: one method per endpoint, with every error that it can answer.
 *
 * It runs in a browser, too. Needs an `HttpClient`, for example `FetchHttpClient.layer`.
 */
export const client = ({ baseUrl, token }: ClientOptions) =>
  HttpApiClient.make(Api, {
    baseUrl,
    transformClient:
      token === undefined
        ? (http) => http
        : HttpClient.mapRequest(HttpClientRequest.bearerToken(token))
  })
