import { Effect } from "effect"
import { undertaking } from "../runtime/Undertaking.ts"
import type { Connection } from "./Connection.ts"
import type { Lease } from "./Lease.ts"
import type { AcquireError } from "./PoolError.ts"
import type { PoolShell } from "./PoolShell.ts"

/**
 * Something short that is done on a connection, told by callbacks: `done` is called once, with the
 * result, and the connection given back. Returns what cancels it; when that has ended nothing of it is
 * under way any more.
 *
 * Who calls `keep` as it begins gives the connection back by hand, once.
 */
export type Errand<C, A, E> = (
  connection: C,
  done: (result: Effect.Effect<A, E>) => void,
  keep: () => Kept
) => Effect.Effect<void>

/** A connection that is given back by hand. */
export interface Kept {
  readonly giveBack: () => void
  /** Others wait for a connection. */
  readonly isWanted: () => boolean
  /** The pool has been closed or recreated since: nothing more is to be begun on it. */
  readonly isOutdated: () => boolean
}

/** It begins where another gives its connection back, who must not meet what it throws. */
const begun = (
  begin: () => Effect.Effect<void>,
  onDefect: (defect: unknown) => void
): Effect.Effect<void> => {
  try {
    return begin()
  } catch (defect) {
    onDefect(defect)
    return Effect.void
  }
}

/** Begins an errand on its connection, which is given back at its end; returns what cancels it. */
const begin = <C extends Connection, A, E>(
  shell: PoolShell<C>,
  lease: Lease<C>,
  errand: Errand<C, A, E>,
  resume: (result: Effect.Effect<A, E>) => void
): Effect.Effect<void> => {
  // Done, or being cancelled: whichever comes second finds the connection with the next borrower.
  let isOver = false
  let isKept = false
  let isBack = false
  const giveBack = (isTrusted = true) => {
    if (isBack) return
    isBack = true
    shell.release(lease, isTrusted)
  }
  const keep = (): Kept => {
    isKept = true
    const { generation } = shell.state
    return {
      giveBack: () => giveBack(),
      isWanted: () => shell.state.waiting.size > 0,
      isOutdated: () => shell.state.closed || shell.state.generation !== generation
    }
  }
  const end = (result: Effect.Effect<A, E>, isTrusted: boolean) => {
    if (isOver) return
    isOver = true
    if (!isKept || !isTrusted) giveBack(isTrusted)
    resume(result)
  }
  const cancel = begun(
    () => errand(lease.connection, (result) => end(result, true), keep),
    (defect) => end(Effect.die(defect), false)
  )
  return Effect.suspend(() => {
    if (isOver) return Effect.void
    isOver = true
    return isKept ? cancel : Effect.ensuring(cancel, Effect.sync(giveBack))
  })
}

/**
 * Runs an errand in one asynchronous step, from asking for a connection to giving it back. Step by
 * step, as `use` does it, costs a fiber more than the pool and the errand together.
 */
export const runErrand = <C extends Connection, A, E>(
  shell: PoolShell<C>,
  errand: Errand<C, A, E>
): Effect.Effect<A, E | AcquireError> =>
  Effect.withFiberRuntime((fiber) =>
    undertaking((resume) => {
      let cancel: Effect.Effect<void> | undefined
      const caller = shell.ask(fiber)
      caller.whenAnswered(() => {
        const { lease, refusal } = caller
        if (refusal !== undefined) resume(Effect.fail(refusal))
        if (lease !== undefined) cancel = begin(shell, lease, errand, resume)
      })
      return Effect.suspend(() => cancel ?? Effect.sync(() => shell.abandon(caller)))
    })
  )
