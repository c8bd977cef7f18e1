import { Cause, Effect, Exit, Option, Stream } from "effect"
import { isUndone, type PgError } from "../failure/PgError.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { current, type ReplayedRun } from "./ReplayedRun.ts"

type Done<A> = (exit: Exit.Exit<A, PgError>) => void

const hasLeftNoTrace = (exit: Exit.Exit<unknown, PgError>): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isUndone)

const count = (replayed: ReplayedRun, change: 1 | -1): void => {
  for (let run: ReplayedRun | undefined = replayed; run !== undefined; run = run.outer) {
    run.commitments += change
  }
}

/**
 * Something that may be committed as soon as it is sent, in the eyes of whoever replays it. It counts
 * from then on, also where nobody waits for its answer any more, until it is known to have left no trace.
 */
export class Commitment {
  private isCounted = false
  private readonly replayed: ReplayedRun

  constructor(replayed: ReplayedRun) {
    this.replayed = replayed
  }

  /** It is being sent. What is returned hears what comes of it before whoever asked. */
  sending<A>(done: Done<A>): Done<A> {
    this.made()
    return (exit) => {
      if (hasLeftNoTrace(exit)) this.undone()
      done(exit)
    }
  }

  /** From now on it may have been committed. */
  made(): void {
    if (this.isCounted) return
    this.isCounted = true
    count(this.replayed, 1)
  }

  /** It was not committed, and never will be. */
  undone(): void {
    if (!this.isCounted) return
    this.isCounted = false
    count(this.replayed, -1)
  }
}

/** A statement that is being sent outside of transactions of ours. */
export interface Sending {
  readonly connection: PgConnection
  readonly query: Query
  /** Absent: nobody runs it again. */
  readonly replayed: ReplayedRun | undefined
}

/** The commitment that sending it is; absent where it commits nothing, or nobody would run it again. */
export const commitmentOf = ({ connection, query, replayed }: Sending): Commitment | undefined =>
  replayed !== undefined && connection.mayCommit(query) ? new Commitment(replayed) : undefined

/** Rows whose first read runs a statement: what that one commits counts from then on. */
export const countedRows = (
  { connection, query }: Pick<Sending, "connection" | "query">,
  rows: Stream.Stream<object, PgError>
): Effect.Effect<Stream.Stream<object, PgError>> =>
  Effect.withFiberRuntime((fiber) => {
    const replayed = fiber.getFiberRef(current)
    const commitment = commitmentOf({ connection, query, replayed })
    if (commitment === undefined) return Effect.succeed(rows)
    commitment.made()
    const undone = (error: PgError) => {
      if (isUndone(error)) commitment.undone()
    }
    return Effect.succeed(Stream.tapError(rows, (error) => Effect.sync(() => undone(error))))
  })
