import { Context, Effect, Layer } from "effect"
import { Deadlines } from "../pool/Deadlines.ts"

/** The deadlines of all requests under way. */
export class RequestDeadlines extends Context.Tag("holdfast/http/RequestDeadlines")<
  RequestDeadlines,
  Deadlines
>() {
  static readonly layer: Layer.Layer<RequestDeadlines> = Layer.scoped(
    RequestDeadlines,
    Effect.clockWith(Deadlines.make)
  )
}
