import { Effect, type Tracer } from "effect"
import type { Instant } from "../runtime/Instant.ts"
import type { AcquireSpan } from "./AcquireSpan.ts"
import type { AcquireError } from "./PoolError.ts"

/** A connection in the hands of its one borrower. */
export interface Lease<C> {
  readonly id: number
  readonly connection: C
  readonly since: Instant
  /** The span in which the borrower asked for it. */
  readonly holder: Tracer.AnySpan | undefined
}

/** What a caller gets. */
export type Answer<C> = Effect.Effect<Lease<C>, AcquireError>

/** Where a caller's answer arrives, before or after the caller has begun to wait for it. */
export class Caller<C> {
  readonly ticket: number
  readonly span: Tracer.AnySpan | undefined
  /** The span of its acquire, where somebody sees it. */
  readonly watch: AcquireSpan | undefined
  /** The connection on its way to the caller; if the caller is gone, it must be given back. */
  lease: Lease<C> | undefined
  refusal: AcquireError | undefined
  private onAnswer: (() => void) | undefined

  constructor(ticket: number, span: Tracer.AnySpan | undefined, watch: AcquireSpan | undefined) {
    this.ticket = ticket
    this.span = span
    this.watch = watch
  }

  serve(lease: Lease<C>): void {
    this.lease = lease
    this.onAnswer?.()
  }

  refuse(error: AcquireError): void {
    this.refusal = error
    this.onAnswer?.()
  }

  get isAnswered(): boolean {
    return this.lease !== undefined || this.refusal !== undefined
  }

  /** The answer, if it is there. */
  get answer(): Answer<C> | undefined {
    if (this.lease !== undefined) return Effect.succeed(this.lease)
    return this.refusal === undefined ? undefined : Effect.fail(this.refusal)
  }

  /** Calls back when the answer is there, which may be now. */
  whenAnswered(callback: () => void): void {
    this.onAnswer = callback
    if (this.isAnswered) callback()
  }

  /** The answer, once it is there. */
  get wait(): Answer<C> {
    return Effect.async((resume) =>
      this.whenAnswered(() => {
        if (this.answer !== undefined) resume(this.answer)
      })
    )
  }
}
