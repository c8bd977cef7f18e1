import { HttpApiClient, HttpClient, HttpClientRequest } from "@effect/platform"
import type { Redacted } from "effect"
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
}

const inCookie = HttpClient.mapRequest(HttpClientRequest.setUrlParam("transport", "cookie"))

const customised =
  ({ token, transport }: ClientOptions) =>
  (http: HttpClient.HttpClient): HttpClient.HttpClient => {
    const withToken =
      token === undefined ? http : HttpClient.mapRequest(http, HttpClientRequest.bearerToken(token))
    return transport === "cookie" ? inCookie(withToken) : withToken
  }

/**
 * A client typed by the contract: one method per endpoint, with every error that it can answer.
 *
 * It runs in a browser, too. Needs an `HttpClient`, for example `FetchHttpClient.layer`.
 */
export const client = (options: ClientOptions) =>
  HttpApiClient.make(Api, { baseUrl: options.baseUrl, transformClient: customised(options) })
