import { connect, Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { type Conditions, faithful } from "./Conditions.ts"
import type { Cut } from "./Cut.ts"
import type { Drop } from "./Drop.ts"
import { type ConnectionOwner, ProxiedConnection } from "./ProxiedConnection.ts"
import { reject } from "./RejectedClient.ts"
import type { Suspension } from "./Suspension.ts"
import { makeTimer, type Timer } from "./Timer.ts"
import type { Address } from "./Upstream.ts"
import type { Direction } from "./WireMessage.ts"

/** What passed through the proxy since it was built. */
export interface FaultProxyStats {
  /** Connections accepted, those swallowed or rejected included; refused ones never get so far. */
  readonly accepted: number
  /** Connections that a `connectionLimit` has turned away. */
  readonly rejected: number
  /** Connections whose client side is not closed yet. */
  readonly open: number
  /** Cuts carried out, of those ordered with `cutAt`, `cutBefore`, `cutAfter` and `cutCommit`. */
  readonly cuts: number
  /** Bytes handed on to the server; what was swallowed or cut off does not count. */
  readonly bytesToServer: number
  /** Bytes handed on to clients; what was swallowed or cut off does not count. */
  readonly bytesToClient: number
}

/** Which connections a cut may fall on. */
type CutScope = "next" | "open" | "any"

const live = (cuts: ReadonlyArray<Cut>) => cuts.filter((cut) => !cut.spent)

/** All connections of one proxy, and what is to happen to the next ones. */
export class ProxiedConnections implements ConnectionOwner {
  conditions: Conditions = faithful
  /** What the next connections find asleep. */
  readonly suspensions = new Set<Suspension>()
  readonly timer: Timer
  private readonly upstream: Address
  private readonly connections = new Set<ProxiedConnection>()
  /** Sockets of no connection: of rejected clients, and of the cancelling that those ask for. */
  private readonly strays = new Set<Socket>()
  private readonly counted = { accepted: 0, rejected: 0, toServer: 0, toClient: 0, cuts: 0 }
  private cutsForNext: Array<Cut> = []
  private cutsForAll: Array<Cut> = []
  private whenEmpty: (() => void) | undefined

  constructor(upstream: Address, timer: Timer) {
    this.upstream = upstream
    this.timer = timer
  }

  /** Takes a socket that the listener accepted. */
  accept(client: Socket): void {
    this.counted.accepted += 1
    const { admission, isBlackhole } = this.conditions
    if (!isBlackhole && this.open >= admission.max) {
      this.turnAway(client)
      return
    }
    const connection = new ProxiedConnection({
      client,
      upstream: isBlackhole ? new Socket() : this.dial(),
      owner: this,
      cuts: live([...this.cutsForNext, ...this.cutsForAll]),
      heldUntil: this.answersAt()
    })
    this.cutsForNext = []
    this.connections.add(connection)
    if (isBlackhole) connection.drop("blackhole")
  }

  /** Drops every connection that is not dropped yet, and returns how many that were. */
  dropAll(how: Drop): number {
    return this.dropIf(how, () => true)
  }

  /**
   * Drops connections over which no byte came for `after` milliseconds. Returns the milliseconds
   * until the next one can be due.
   */
  dropIdle(how: Drop, after: number): number {
    this.dropIf(how, (connection) => (connection.idleMillis ?? 0) >= after)
    const waits = [...this.connections].map((connection) => after - (connection.idleMillis ?? 0))
    return Math.max(1, Math.min(after, ...waits))
  }

  /** Orders a cut. */
  arm(cut: Cut, scope: CutScope): void {
    this.cutsForNext = live(this.cutsForNext)
    this.cutsForAll = live(this.cutsForAll)
    if (scope === "next") this.cutsForNext.push(cut)
    if (scope === "any") this.cutsForAll.push(cut)
    if (scope !== "next") for (const connection of this.connections) connection.arm(cut)
  }

  /** Passes on what cuts that are called off still keep back. */
  releaseCuts(): void {
    for (const connection of this.connections) connection.releaseCuts()
  }

  /** Lets what is on its way arrive as under the present conditions, if that is sooner. */
  hasten(): void {
    const isHeld = this.conditions.coldStart > 0 || this.suspensions.size > 0
    for (const connection of this.connections) connection.hasten(isHeld)
  }

  /** Resets connections that have lost bytes: the two sides can never agree again. */
  resetBroken(): void {
    this.dropIf("reset", (connection) => connection.isBroken)
  }

  /** The counters, as they stand. */
  stats(): FaultProxyStats {
    return {
      accepted: this.counted.accepted,
      rejected: this.counted.rejected,
      open: this.open,
      cuts: this.counted.cuts,
      bytesToServer: this.counted.toServer,
      bytesToClient: this.counted.toClient
    }
  }

  /** Destroys every socket, and calls `done` when the last one is closed. */
  destroyAll(done: () => void): void {
    this.whenEmpty = done
    for (const connection of this.connections) connection.destroy()
    for (const socket of this.strays) socket.destroy()
    this.settle()
  }

  delivered(direction: Direction, bytes: number): void {
    this.counted[direction] += bytes
  }

  cutMade(): void {
    this.counted.cuts += 1
  }

  gone(connection: ProxiedConnection): void {
    this.connections.delete(connection)
    this.settle()
  }

  private get open(): number {
    return [...this.connections].filter((connection) => connection.isOpen).length
  }

  private answersAt(): number {
    const now = this.timer.now()
    const wakeUps = [...this.suspensions].map((suspension) => suspension.answersAt(now))
    return Math.max(now + this.conditions.coldStart, ...wakeUps)
  }

  private turnAway(client: Socket): void {
    this.counted.rejected += 1
    this.follow(client)
    reject(client, this.conditions.admission.answer, (request) => {
      this.follow(this.dial()).end(request).resume()
    })
  }

  private follow(stray: Socket): Socket {
    this.strays.add(stray)
    // An error is always followed by "close", which says so.
    stray.on("error", () => {})
    return stray.on("close", () => {
      this.strays.delete(stray)
      this.settle()
    })
  }

  private settle(): void {
    if (this.connections.size + this.strays.size === 0) this.whenEmpty?.()
  }

  private dial(): Socket {
    return connect({ ...this.upstream, allowHalfOpen: true, noDelay: true })
  }

  private dropIf(how: Drop, chosen: (connection: ProxiedConnection) => boolean): number {
    return [...this.connections].filter((connection) => chosen(connection) && connection.drop(how))
      .length
  }
}

// Sockets close within a turn of the event loop; this bounds the wait should one not.
const closeDeadline = "1 second"

/** The connections of a proxy. All sockets are destroyed when the scope closes. */
export const makeConnections = (
  upstream: Address
): Effect.Effect<ProxiedConnections, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(makeTimer, (timer) => new ProxiedConnections(upstream, timer)),
    (connections) =>
      Effect.async<void>((resume) => connections.destroyAll(() => resume(Effect.void))).pipe(
        Effect.interruptible,
        Effect.timeoutOption(closeDeadline)
      )
  )
