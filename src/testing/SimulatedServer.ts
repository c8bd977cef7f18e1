import { Duration, Effect, type Scope } from "effect"
import type { Connector, Loss } from "../pool/Connection.ts"
import { ConnectError } from "../pool/PoolError.ts"
import type { Drop } from "./Drop.ts"
import { adminShutdown, type FatalMessage } from "./FatalMessage.ts"
import type { SimulatedFault } from "./Fault.ts"
import { SimulatedNetwork } from "./SimulatedNetwork.ts"
import { resetByPeer, type SimulatedConnection, SimulatedSession } from "./SimulatedSession.ts"

const refusedBecause = (message: string) =>
  new ConnectError({ message, isFatal: false, provesRestart: false })

const refused = refusedBecause("ECONNREFUSED: nobody listens")

const spoken = ({ message, sqlState }: FatalMessage) => `${sqlState}: ${message}`

const terminated: Loss = { message: spoken(adminShutdown), provesRestart: false }
const closed: Loss = { message: "the server closed the connection", provesRestart: false }
const crashed: Loss = { message: "57P02: the server crashed", provesRestart: true }

/**
 * A server without sockets, whose sessions end in all the ways that real ones do.
 *
 * Give its `connector` to `Pool.make` of `holdfast/pool`, and the pool under test is the real one. It
 * knows no time but the Effect `Clock`, so that under the `TestClock` an outage of an hour takes
 * no time, and the same seed always takes the same course.
 *
 * @example
 * ```ts
 * it.scoped("waits out a restart", () =>
 *   Effect.gen(function* () {
 *     const server = new SimulatedServer()
 *     const pool = yield* Pool.make(server.connector)
 *     server.goAway()
 *     const caller = yield* Effect.fork(pool.use(({ request }) => request))
 *     yield* TestClock.adjust("5 seconds")
 *     server.comeBack()
 *     yield* TestClock.adjust("1 second")
 *     yield* Fiber.join(caller)
 *   })
 * )
 * ```
 */
export class SimulatedServer {
  /** How long a session takes to open. */
  connectTime = Duration.zero
  /** How long a question and its answer take. */
  trip = Duration.zero
  /** What dials meet; absent, they succeed. */
  refusal: ConnectError | undefined
  /** Sessions that it has room for. */
  maxConnections = Number.POSITIVE_INFINITY
  /** Dials so far, those that failed included. */
  dials = 0
  /** Validations that were asked for so far. */
  validations = 0
  /** Most sessions that were open at a time. */
  peak = 0
  private readonly network = new SimulatedNetwork()
  private readonly sessions = new Map<number, SimulatedSession>()

  /** Sessions that either side still holds open. */
  get open(): number {
    return this.sessions.size
  }

  /** Refuses dials, and ends every session as a crash does. */
  goAway(): void {
    this.refusal = refused
    this.endAll(crashed)
  }

  /** Accepts dials again. */
  comeBack(): void {
    this.refusal = undefined
  }

  /** Ends every session, and tells its client why. */
  endAll(loss: Loss): void {
    for (const session of this.sessions.values()) session.end(loss)
  }

  /** Drops every session without telling its client, as a router that forgets does. */
  forgetAll(): void {
    for (const session of this.sessions.values()) session.forget()
  }

  /** From now on the sessions that are open get no answer, ever, and are not told. */
  blackholeAll(): void {
    for (const session of this.sessions.values()) session.swallow()
  }

  /** Misbehaves as the fault says until the scope closes; then that fault alone is undone. */
  readonly inject = (fault: SimulatedFault): Effect.Effect<void, never, Scope.Scope> =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.begin(fault)),
        (end) => Effect.sync(end)
      )
    )

  /** The port by which a pool opens sessions. It gives no sign of the server before one is open. */
  readonly connector: Connector<SimulatedConnection> = {
    connect: (onLoss) =>
      Effect.suspend(() => {
        const id = this.dials++
        return Effect.flatMap(this.network.dial(this.connectTime), (arrived) =>
          arrived ? this.admit(id, onLoss) : refusedBecause(resetByPeer.message)
        )
      })
  }

  private begin(fault: SimulatedFault): () => void {
    switch (fault._tag) {
      case "Drop":
        return this.drop(fault.how)
      case "KillSessions":
        return this.drop("terminate")
      case "Restart":
        this.endAll(fault.mode === "immediate" ? crashed : terminated)
        return this.network.worsen({ _tag: "Refuse" })
      case "Crash":
        this.endAll(resetByPeer)
        return this.network.worsen({ _tag: "Refuse" })
      case "Freeze":
        return this.network.worsen({ _tag: "Stall" })
      case "Suspend":
        return this.suspend(fault.wake, fault.how ?? "terminate")
      case "Blackhole":
        return this.blackhole()
      default:
        return this.network.worsen(fault)
    }
  }

  private drop(how: Drop): () => void {
    if (how === "forget") this.forgetAll()
    else if (how === "blackhole") this.blackholeAll()
    else this.endAll({ close: closed, terminate: terminated, reset: resetByPeer }[how])
    return () => this.endSwallowed()
  }

  private suspend(wake: Duration.DurationInput, how: Drop): () => void {
    const wakeUp = this.network.suspend(wake)
    const end = this.drop(how)
    return () => {
      wakeUp()
      end()
    }
  }

  private blackhole(): () => void {
    const end = this.network.worsen({ _tag: "Blackhole" })
    this.blackholeAll()
    return () => {
      end()
      this.endSwallowed()
    }
  }

  private endSwallowed(): void {
    if (this.network.conditions.isBlackhole) return
    for (const session of this.sessions.values()) session.endSwallowed()
  }

  private get isFull(): boolean {
    const held = [...this.sessions.values()].filter((session) => session.isHeld).length
    return held >= Math.min(this.network.conditions.admission.max, this.maxConnections)
  }

  private admit(
    id: number,
    onLoss: (loss: Loss) => void
  ): Effect.Effect<SimulatedConnection, ConnectError> {
    return Effect.suspend(() => {
      const { admission, isRefusing } = this.network.conditions
      const refusal = this.refusal ?? (isRefusing ? refused : undefined)
      if (refusal !== undefined) return Effect.fail(refusal)
      if (this.isFull) return Effect.fail(refusedBecause(spoken(admission.answer)))
      return Effect.succeed(this.accept(id, onLoss))
    })
  }

  private accept(id: number, onLoss: (loss: Loss) => void): SimulatedConnection {
    const session = new SimulatedSession(onLoss)
    this.sessions.set(id, session)
    this.peak = Math.max(this.peak, this.sessions.size)
    const request = Effect.suspend(() =>
      Effect.zipRight(this.network.pass(this.trip), session.answer)
    )
    return {
      id,
      isUsable: () => session.isUsable,
      catchUp: Effect.void,
      request,
      validate: Effect.suspend(() => {
        this.validations += 1
        return request
      }),
      close: Effect.sync(() => {
        this.sessions.delete(id)
      })
    }
  }
}
