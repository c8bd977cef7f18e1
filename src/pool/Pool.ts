import { Context, Deferred, type Duration, Effect, Exit, type Scope, type Stream } from "effect"
import type { Connection, Connector } from "./Connection.ts"
import type { ConnectionStats } from "./ConnectionStats.ts"
import { type Errand, runErrand } from "./Errand.ts"
import { checked, defaults, type PoolConfig } from "./PoolConfig.ts"
import { type AcquireError, ConnectError } from "./PoolError.ts"
import { PoolShell } from "./PoolShell.ts"
import { type PoolStats, statsOf } from "./PoolStats.ts"
import type { Occurrence } from "./Timeline.ts"
import { warmUp } from "./WarmUp.ts"

/** What an uninterruptible region makes as interruptible as its surroundings are. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A connection that its borrower must give back, once. */
export interface Loan<C> {
  readonly connection: C
  readonly giveBack: Effect.Effect<void>
}

/** A pool of connections of one kind. */
export interface PoolOf<C extends Connection> {
  /**
   * Borrows a connection until the scope closes.
   *
   * Ends within the acquire timeout with a proven connection or a typed error. Can be interrupted
   * while it waits. A connection that is no longer usable when it is given back is closed.
   */
  readonly acquire: Effect.Effect<C, AcquireError, Scope.Scope>
  /** Borrows a connection for one effect. The same promises as `acquire`, without a scope. */
  readonly use: <A, E, R>(
    f: (connection: C) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | AcquireError, R>
  /** Longest wait of one caller for a connection. */
  readonly acquireTimeout: Duration.Duration
  /** Borrows a connection and proves it with a round trip, however recently it was used. */
  readonly check: Effect.Effect<void, AcquireError>
  /** The counters now. */
  readonly stats: Effect.Effect<PoolStats>
  /** Each connection now, and those being opened, in the order they were begun. */
  readonly connections: Effect.Effect<ReadonlyArray<ConnectionStats>>
  /**
   * What happens from now on, and why: connections evicted, the breaker opened, the pool recreated;
   * and what the owner of the port did about failures. Who is more than 1,024 behind loses the oldest.
   */
  readonly events: Stream.Stream<Occurrence>
  /** Condemns every connection opened so far: none is lent again, new ones open on demand. */
  readonly recreate: Effect.Effect<void>
  /**
   * Refuses callers from now on, with `PoolClosed`; ends when every connection has been given back and
   * closed. It has no deadline of its own: `Effect.timeout` gives it one.
   */
  readonly drain: Effect.Effect<void>
  /**
   * Succeeds when the first connection has been made. Fails if none ever can be: a wrong password,
   * an unknown database, a bad address or certificate; but not for a quota that is used up.
   */
  readonly ready: Effect.Effect<void, ConnectError>
}

/** A pool as the owner of the port has it, who borrows for each statement and so counts every step. */
export interface LendingPool<C extends Connection> extends PoolOf<C> {
  /** Borrows a connection for one short thing, at less cost than `use`. The same promises. */
  readonly run: <A, E>(errand: Errand<C, A, E>) => Effect.Effect<A, E | AcquireError>
  /**
   * Borrows a connection until it is given back by hand: in an uninterruptible region, whose
   * `restore` makes the wait interruptible. At less cost than `acquire`. The same promises.
   */
  readonly lend: (restore: Restore) => Effect.Effect<Loan<C>, AcquireError>
  /** Adds what the owner of the port did to the events. */
  readonly note: (subject: string, detail: string) => Effect.Effect<void>
}

/** The pool under the database client, for health checks and by-hand control. */
export class Pool extends Context.Tag("holdfast/pool/Pool")<Pool, PoolOf<Connection>>() {
  /**
   * Builds a pool over a connector; it lives as long as the scope. What `config` leaves out is as
   * `PoolConfig` says.
   *
   * Unless `config.lazy`, it opens and validates the minimum first and fails with the last
   * `ConnectError` when that can't be done: at once if the cause is fatal, else after the retries.
   */
  static make<C extends Connection>(
    connector: Connector<C>,
    config: Partial<PoolConfig> = {}
  ): Effect.Effect<PoolOf<C>, ConnectError, Scope.Scope> {
    return make(connector, { ...defaults, ...config })
  }
}

const use =
  <C extends Connection>(shell: PoolShell<C>) =>
  <A, E, R>(f: (connection: C) => Effect.Effect<A, E, R>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(shell.take(restore), (lease) =>
        Effect.onExit(restore(f(lease.connection)), () => shell.giveBack(lease))
      )
    )

const acquire = <C extends Connection>(shell: PoolShell<C>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(shell.take(restore), (lease) =>
      Effect.as(
        Effect.addFinalizer(() => shell.giveBack(lease)),
        lease.connection
      )
    )
  )

const lend =
  <C extends Connection>(shell: PoolShell<C>) =>
  (restore: Restore): Effect.Effect<Loan<C>, AcquireError> =>
    Effect.map(shell.take(restore), (lease) => ({
      connection: lease.connection,
      giveBack: shell.giveBack(lease)
    }))

const check = <C extends Connection>(shell: PoolShell<C>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(shell.take(restore), (lease) =>
      restore(shell.validate(lease.connection)).pipe(
        Effect.onExit((exit) => shell.giveBack(lease, Exit.isSuccess(exit))),
        Effect.mapError(
          ({ message, provesRestart }) =>
            new ConnectError({ message, isFatal: false, provesRestart })
        )
      )
    )
  )

/** See `Pool.make`. */
export const make = <C extends Connection>(
  connector: Connector<C>,
  config: PoolConfig
): Effect.Effect<LendingPool<C>, ConnectError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* checked(config)
    const shell = yield* PoolShell.make(connector, config)
    yield* warmUp(shell, config)
    return {
      acquireTimeout: config.acquireTimeout,
      acquire: acquire(shell),
      use: use(shell),
      run: (errand) => runErrand(shell, errand),
      lend: lend(shell),
      check: check(shell),
      stats: Effect.sync(() => statsOf(shell.state, shell.tally)),
      connections: Effect.sync(() => shell.roster),
      events: shell.timeline.events,
      note: (subject, detail) =>
        Effect.sync(() => shell.report({ _tag: "Noted", subject, detail })),
      recreate: shell.recreate,
      drain: shell.drain,
      ready: Deferred.await(shell.ready)
    }
  })
