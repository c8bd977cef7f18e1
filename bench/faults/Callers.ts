import { randomUUID } from "node:crypto"
import { Clock, Duration, Effect } from "effect"
import type { ContestantProcess } from "./ContestantProcess.ts"
import type { Operation } from "./Operation.ts"
import type { Request, SignUp } from "./Request.ts"

/** How many call at the same time. */
export const callerCount = 8

/** What a caller does between two calls, so that a pool of ten has idle connections. */
export const pause = Duration.millis(20)

/** After which a caller gives up, so that a hang ends and counts. */
export const patience = Duration.seconds(30)

/** Those who call, and what they saw. */
export interface Callers {
  readonly operations: ReadonlyArray<Operation>
  /** While it is closed, nobody calls. */
  readonly gate: Effect.Latch
  /** Calls until it is told to stop, and then waits for the calls under way. */
  readonly call: Effect.Effect<void>
  readonly stop: Effect.Effect<void>
}

const newSignUp: Effect.Effect<SignUp> = Effect.sync(() => ({
  account: randomUUID(),
  session: randomUUID()
}))

/** Asks, and notes the operation by the time since `start`. */
const asker = (process: ContestantProcess, start: number, operations: Array<Operation>) =>
  Effect.fnUntraced(function* (request: Request) {
    const began = yield* Clock.currentTimeMillis
    const told = yield* Effect.timeoutTo(process.ask(request), {
      duration: patience,
      onTimeout: () => ({ _tag: "Unanswered" as const }),
      onSuccess: (answer) => answer
    })
    const ended = yield* Clock.currentTimeMillis
    operations.push({ request, told, began: began - start, ended: ended - start })
    return told
  })

/** Callers whose times count from `start`, a time of the clock in milliseconds. */
export const makeCallers = (process: ContestantProcess, start: number): Effect.Effect<Callers> =>
  Effect.map(Effect.makeLatch(true), (gate) => {
    const operations: Array<Operation> = []
    const ask = asker(process, start, operations)
    let goesOn = true
    const turn = (request: Request) =>
      gate.await.pipe(
        Effect.zipRight(process.isUp),
        Effect.zipRight(ask(request)),
        Effect.zipLeft(Effect.sleep(pause))
      )
    const caller = Effect.gen(function* () {
      while (goesOn) {
        const signUp = yield* newSignUp
        const told = yield* turn({ _tag: "SignUp", signUp })
        if (told._tag === "Done") yield* turn({ _tag: "Read", account: signUp.account })
      }
    })
    const callers = Effect.replicate(caller, callerCount)
    const stop = Effect.zipRight(
      Effect.sync(() => {
        goesOn = false
      }),
      gate.open
    )
    return {
      operations,
      gate,
      call: Effect.all(callers, { concurrency: "unbounded", discard: true }),
      stop
    }
  })
