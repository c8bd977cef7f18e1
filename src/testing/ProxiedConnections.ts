import { connect, Socket } from "node:net"
import { Effect, type Scope } from "effect"
import type { Cut } from "./Cut.ts"
import { type ConnectionOwner, type Drop, ProxiedConnection } from "./ProxiedConnection.ts"
import type { Line } from "./ProxiedFlow.ts"
import { makeTimer, type Timer } from "./Timer.ts"
import type { Direction } from "./WireMessage.ts"

/** Where a TCP server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What passed through the proxy since it was built. */
export interface FaultProxyStats {
  /** Connections accepted, the swallowed ones included. Refused ones never reach the proxy. */
  readonly accepted: number
  /** Connections whose client side is not closed yet. */
  readonly open: number
  /** Cuts carried out, of those ordered with `cutAt`, `cutBefore` and `cutAfter`. */
  readonly cuts: number
  /** Bytes handed on to the server; what was swallowed or cut off does not count. */
  readonly bytesToServer: number
  /** Bytes handed on to clients; what was swallowed or cut off does not count. */
  readonly bytesToClient: number
}

/** Which connections a cut may fall on. */
type CutScope = "next" | "open" | "any"

/** All connections of one proxy, and what is to happen to the next ones. */
export class ProxiedConnections implements ConnectionOwner {
  readonly line: Line = { latency: 0, bandwidth: Number.POSITIVE_INFINITY }
  readonly timer: Timer
  /** Milliseconds for which the first bytes of a new connection are held back. */
  coldStart = 0
  private swallowing = false
  private readonly upstream: Address
  private readonly connections = new Set<ProxiedConnection>()
  private readonly counted = { accepted: 0, toServer: 0, toClient: 0, cuts: 0 }
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
    const connection = new ProxiedConnection({
      client,
      upstream: this.swallowing ? new Socket() : this.dial(),
      owner: this,
      cuts: [...this.cutsForNext, ...this.cutsForAll],
      heldUntil: this.timer.now() + this.coldStart
    })
    this.cutsForNext = []
    this.connections.add(connection)
    if (this.swallowing) connection.drop("blackhole")
  }

  /** Drops every connection that is not dropped yet, and returns how many that were. */
  dropAll(how: Drop): number {
    return this.dropIf(how, () => true)
  }

  /** Swallows all connections, those to come included, until healed. */
  swallow(): void {
    this.swallowing = true
    this.dropAll("blackhole")
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
    this.cutsForAll = this.cutsForAll.filter((other) => !other.spent)
    if (scope === "next") this.cutsForNext.push(cut)
    if (scope === "any") this.cutsForAll.push(cut)
    if (scope !== "next") for (const connection of this.connections) connection.arm(cut)
  }

  /** Calls off every fault. What a black hole had swallowed cannot be mended and is reset. */
  heal(): void {
    this.line.latency = 0
    this.line.bandwidth = Number.POSITIVE_INFINITY
    this.coldStart = 0
    this.swallowing = false
    this.cutsForNext = []
    this.cutsForAll = []
    this.dropIf("reset", (connection) => connection.isBlackholed)
    for (const connection of this.connections) connection.heal()
  }

  /** The counters, as they stand. */
  stats(): FaultProxyStats {
    return {
      accepted: this.counted.accepted,
      open: [...this.connections].filter((connection) => connection.isOpen).length,
      cuts: this.counted.cuts,
      bytesToServer: this.counted.toServer,
      bytesToClient: this.counted.toClient
    }
  }

  /** Destroys every socket, and calls `done` when the last one is closed. */
  destroyAll(done: () => void): void {
    this.whenEmpty = done
    for (const connection of this.connections) connection.destroy()
    if (this.connections.size === 0) done()
  }

  delivered(direction: Direction, bytes: number): void {
    this.counted[direction] += bytes
  }

  cutMade(): void {
    this.counted.cuts += 1
  }

  gone(connection: ProxiedConnection): void {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.whenEmpty?.()
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
