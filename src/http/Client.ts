import { HttpApiClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { identity, type Redacted } from "effect"
import { Api } from "./Api.ts"

/** Where the service is, and as whom to ask. */
export interface ClientOptions {
  /** For example `http://127.0.0.1:8000`. */
  readonly baseUrl: string | URL
  /** The session token to send with every request. Default: none. */
  readonly token?: Redacted.Redacted | undefined
  /**
   * `cookie`: sessions that are begun stay in the browser's cookie, out of reach of scripts, and no
   * token comes in the answer. From a page of another origin `fetch` must also be told to send it:
   * provide `FetchHttpClient.RequestInit` with `{ credentials: "include" }`. Default: in the answer.
   */
  readonly transport?: "cookie" | undefined
  /**
   * Names a sign-up, so that it can be sent again when its answer was lost: the same key gives the same
   * user. 1 to 255 visible ASCII characters made at random, such as a UUID; a client for each sign-up.
   * Other endpoints do not read it. Default: none.
   */
  readonly idempotencyKey?: string | undefined
}

const completed =
  ({ idempotencyKey, token, transport }: ClientOptions) =>
  (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
    request.pipe(
      token === undefined ? identity : HttpClientRequest.bearerToken(token),
      idempotencyKey === undefined
        ? identity
        : HttpClientRequest.setHeader("idempotency-key", idempotencyKey),
      transport === undefined ? identity : HttpClientRequest.setUrlParam("transport", transport)
    )

/**
 * A client typed by the contract: one method per endpoint, with every error that it can answer.
 *
 * It runs in a browser, too. Needs an `HttpClient`, for example `FetchHttpClient.layer`.
 */
export const client = (options: ClientOptions) =>
  HttpApiClient.make(Api, {
    baseUrl: options.baseUrl,
    transformClient: HttpClient.mapRequest(completed(options))
  })
