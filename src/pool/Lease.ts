import { Effect } from "effect"
import type { AcquireError } from "./PoolError.ts"

/** A connection in the hands of its one borrower. */
export interface Lease<C> {
  readonly id: number
  readonly connection: C
}

/** What a caller gets. */
export type Answer<C> = Effect.Effect<Lease<C>, AcquireError>

/** Where a caller's answer arrives, before or after the caller has begun to wait for it. */
export class Caller<C> {
  /** The connection on its way to the caller; if the caller is gone, it must be given back. */
  lease: Lease<C> | undefined
  answer: Answer<C> | undefined
  private resume: ((answer: Answer<C>) => void) | undefined

  serve(lease: Lease<C>): void {
    this.lease = lease
    this.settle(Effect.succeed(lease))
  }

  refuse(error: AcquireError): void {
    this.settle(Effect.fail(error))
  }

  /** The answer, once it is there. */
  get wait(): Answer<C> {
    return Effect.async((resume) => {
      if (this.answer === undefined) {
        this.resume = resume
      } else {
        resume(this.answer)
      }
    })
  }

  private settle(answer: Answer<C>): void {
    this.answer = answer
    this.resume?.(answer)
  }
}
