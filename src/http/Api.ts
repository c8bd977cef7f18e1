import { HttpApi } from "@effect/platform"
import type { Schema } from "effect"
import { AccountGroup } from "./AccountGroup.ts"
import { DeadlineExceeded, Draining, InternalError } from "./ApiError.ts"
import { AuthGroup } from "./AuthGroup.ts"
import { HealthGroup } from "./HealthGroup.ts"
import { documentation } from "./OpenApiDocument.ts"
import { SessionsGroup } from "./SessionsGroup.ts"

// `HttpApi.make` gives every endpoint an error of platform's own, HttpApiDecodeError, which quotes
// the input. Ours decode by themselves (JsonBody) and never answer with it, so the contract must not
// say so. There is no public way to take an error off an API; the overload names what it fails with
// instead.
function apiFailingWith<Id extends string, E, I>(
  id: Id,
  errorSchema: Schema.Schema<E, I>
): HttpApi.HttpApi<Id, never, E>
function apiFailingWith(id: string, errorSchema: Schema.Schema.Any): HttpApi.HttpApi.AnyWithProps {
  return Object.assign(HttpApi.make(id), { errorSchema })
}

/**
 * The HTTP contract: paths, what goes in, what comes out, every error with its status.
 *
 * It holds no handlers and needs no Node, so that a browser can import it for a typed client:
 * `HttpApiClient.make(Api, { baseUrl })`.
 */
export class Api extends apiFailingWith("holdfast", InternalError)
  .add(AuthGroup)
  .add(SessionsGroup)
  .add(AccountGroup)
  .add(HealthGroup)
  .addError(DeadlineExceeded)
  .addError(Draining)
  .annotateContext(documentation) {}
