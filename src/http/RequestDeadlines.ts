import type { HttpApp, HttpServerResponse } from "@effect/platform"
import { currentPreResponseHandlers } from "@effect/platform/HttpApp"
import { Cause, Context, Duration, Effect, FiberId, FiberRef, HashSet, Layer } from "effect"
import { Deadlines } from "../runtime/Deadlines.ts"
import { DeadlineExceeded } from "./ApiError.ts"
import { errorAnswer } from "./ErrorAnswer.ts"

/** The deadlines of all requests under way, which have one timer. */
export class RequestDeadlines extends Context.Tag("holdfast/http/RequestDeadlines")<
  RequestDeadlines,
  {
    /** Interrupts the fiber of an app that takes longer, and answers 503 in its place. */
    readonly orGiveUpAfter: (
      deadline: Duration.Duration
    ) => <E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R>
  }
>() {
  /** Needs nothing; `Routes.layer` has it. */
  static readonly layer: Layer.Layer<RequestDeadlines> = Layer.scoped(
    RequestDeadlines,
    Effect.map(Effect.clockWith(Deadlines.make), (deadlines) => ({
      orGiveUpAfter: orGiveUpAfter(deadlines)
    }))
  )
}

/** Who interrupts a request whose time is up. */
const timekeeper = FiberId.unsafeMake()

const isTimeUp = (cause: Cause.Cause<unknown>): boolean =>
  Cause.isInterruptedOnly(cause) && HashSet.has(Cause.interruptors(cause), timekeeper)

/**
 * Interrupts the request's fiber itself: a race would cost two more fibers, a tenth of a request.
 * Nothing that comes after it can be interrupted, in platform's servers.
 */
const orGiveUpAfter =
  (deadlines: Deadlines): (typeof RequestDeadlines.Service)["orGiveUpAfter"] =>
  (deadline) =>
  (app) =>
    Effect.withFiberRuntime((fiber) => {
      const isUp = Effect.sync(() => fiber.unsafeInterruptAsFork(timekeeper))
      const stop = deadlines.start(deadline, isUp)
      const handlers = fiber.getFiberRef(currentPreResponseHandlers)
      return Effect.uninterruptibleMask((restore) =>
        Effect.matchCauseEffect(restore(app), {
          onSuccess: (response) => {
            stop()
            return Effect.succeed(response)
          },
          onFailure: (cause) => {
            stop()
            if (!isTimeUp(cause)) return Effect.failCause(cause)
            // Such as the cookie of a session that nobody is told of.
            const forgotten = FiberRef.set(currentPreResponseHandlers, handlers)
            return Effect.as(forgotten, deadlineExceeded(deadline))
          }
        })
      )
    })

const deadlineExceeded = (deadline: Duration.Duration): HttpServerResponse.HttpServerResponse =>
  errorAnswer(
    DeadlineExceeded,
    new DeadlineExceeded({
      message: `No answer within ${Duration.format(deadline)}, so the request was given up.`,
      retryAfterSeconds: 1
    })
  )
