import type { Socket } from "node:net"
import type { Cut, CutEnding } from "./Cut.ts"
import { type FlowOwner, type Line, ProxiedFlow } from "./ProxiedFlow.ts"
import type { Timer } from "./Timer.ts"
import { newDialogue, WireFrames } from "./WireFrames.ts"
import type { Direction } from "./WireMessage.ts"

/**
 * How a connection is dropped:
 * - `"close"`: the client gets an orderly end (FIN), as from a server that closes politely.
 * - `"reset"`: both sides get an RST.
 * - `"forget"`: nobody tells the client, whose next byte is answered with RST, as by a NAT that
 *   forgot an idle connection.
 * - `"blackhole"`: nobody tells anybody, and every byte from either side is swallowed.
 */
export type Drop = "close" | "reset" | "forget" | "blackhole"

type Fate = "faithful" | "closing" | "forgotten" | "blackholed" | "ended"

const fateOfCut: Readonly<Record<CutEnding, Fate>> = {
  reset: "ended",
  close: "closing",
  blackhole: "blackholed"
}

/** What a connection asks of the proxy it belongs to. */
export interface ConnectionOwner {
  readonly line: Line
  readonly timer: Timer
  readonly delivered: (direction: Direction, bytes: number) => void
  readonly cutMade: () => void
  /** Called once, when both sockets are closed. */
  readonly gone: (connection: ProxiedConnection) => void
}

// A reset that arrives together with data reads as an orderly end to a client on libuv, and a
// reset discards what the client's kernel has not taken yet. So the last bytes get a head start:
// this long for a client in another process, and a turn of the event loop for one in this process.
const headStartMillis = 2

// An RST cannot follow a FIN that is still queued (libuv answers EINVAL and keeps the socket), nor
// can an unconnected socket send one.
const reset = (socket: Socket): void => {
  const finQueued = socket.writableEnded && !socket.writableFinished
  if (socket.pending || finQueued) socket.destroy()
  else if (!socket.destroyed) socket.resetAndDestroy()
}

/** A client's socket, the socket to the server that stands behind it, and what became of them. */
export class ProxiedConnection implements FlowOwner {
  readonly line: Line
  readonly timer: Timer
  private armed: Array<Cut>
  private fate: Fate = "faithful"
  private lastByteAt: number
  private openSockets = 2
  private readonly client: Socket
  private readonly upstream: Socket
  private readonly owner: ConnectionOwner
  private readonly toServer: ProxiedFlow
  private readonly toClient: ProxiedFlow

  /** `heldUntil`: the time before which no byte is delivered, in milliseconds of the timer. */
  constructor(options: {
    readonly client: Socket
    readonly upstream: Socket
    readonly owner: ConnectionOwner
    readonly cuts: ReadonlyArray<Cut>
    readonly heldUntil: number
  }) {
    const { client, upstream, owner, heldUntil } = options
    this.client = client
    this.upstream = upstream
    this.owner = owner
    this.line = owner.line
    this.timer = owner.timer
    this.armed = [...options.cuts]
    this.lastByteAt = owner.timer.now()
    const dialogue = newDialogue()
    const flow = (direction: Direction, from: Socket, to: Socket) =>
      new ProxiedFlow({
        direction,
        from,
        to,
        frames: new WireFrames(direction, dialogue),
        owner: this,
        heldUntil
      })
    this.toServer = flow("toServer", client, upstream)
    this.toClient = flow("toClient", upstream, client)
    this.listen()
  }

  /** Whether the client's socket is not closed yet. */
  get isOpen(): boolean {
    return !this.client.destroyed
  }

  /** Milliseconds since a byte came from either side; undefined once the connection was dropped. */
  get idleMillis(): number | undefined {
    return this.fate === "faithful" ? this.timer.now() - this.lastByteAt : undefined
  }

  get isBlackholed(): boolean {
    return this.fate === "blackholed"
  }

  /** The cuts that wait in one direction of this connection. */
  cuts(direction: Direction): ReadonlyArray<Cut> {
    this.armed = this.armed.filter((cut) => !cut.spent)
    return this.armed.filter((cut) => cut.direction === direction)
  }

  /** Adds a cut, from the next byte on. */
  arm(cut: Cut): void {
    this.armed.push(cut)
  }

  /** Calls off the cuts, and delivers what they, latency or a cold start still keep back. */
  heal(): void {
    this.armed = []
    if (this.fate !== "faithful") return
    this.toServer.hasten()
    this.toClient.hasten()
  }

  /** Counts what was handed to a socket. */
  delivered(direction: Direction, bytes: number): void {
    this.owner.delivered(direction, bytes)
  }

  /** Drops the connection. False if that had no effect, since it was dropped before. */
  drop(how: Drop): boolean {
    if (how === "reset") return this.reset()
    if (this.fate !== "faithful") return false
    switch (how) {
      case "close":
        this.close()
        break
      case "forget":
        this.become("forgotten")
        this.upstream.destroy()
        break
      case "blackhole":
        this.become("blackholed")
    }
    return true
  }

  /**
   * Ends the connection behind bytes that were just delivered. Except in a black hole, the server
   * reads them and then the end of the stream, the client reads them and then its ending.
   */
  cut(direction: Direction, ending: CutEnding): void {
    this.become(fateOfCut[ending])
    this.owner.cutMade()
    if (ending === "blackhole") return
    if (direction === "toServer") this.upstream.end()
    else this.upstream.destroy()
    if (ending === "close") this.client.end()
    else if (direction === "toServer") reset(this.client)
    else this.resetBehindBytes()
  }

  private resetBehindBytes(): void {
    this.client.write("", () => {
      this.timer.after(headStartMillis, () => setImmediate(() => reset(this.client)))
    })
  }

  /** Closes both sockets at once, without regard for anybody. */
  destroy(): void {
    this.become("ended")
    this.client.destroy()
    this.upstream.destroy()
  }

  private become(fate: Fate): void {
    this.fate = fate
    this.toServer.stop()
    this.toClient.stop()
  }

  private reset(): boolean {
    const wasOpen = this.isOpen
    this.become("ended")
    reset(this.client)
    reset(this.upstream)
    return wasOpen
  }

  // What the server had said already arrives before the FIN.
  private close(): void {
    this.fate = "closing"
    this.toServer.stop()
    this.toClient.end()
    this.upstream.destroy()
  }

  private listen(): void {
    this.client.on("data", (chunk) => this.fromClient(chunk))
    this.client.on("end", () => this.clientEnded())
    this.upstream.on("data", (chunk) => {
      this.lastByteAt = this.timer.now()
      if (this.fate === "faithful") this.toClient.push(chunk)
    })
    this.upstream.on("end", () => {
      if (this.fate === "faithful") this.toClient.end()
    })
    for (const [socket, peer] of [
      [this.client, this.upstream],
      [this.upstream, this.client]
    ] as const) {
      // An error is always followed by "close", which says so.
      socket.on("error", () => {})
      socket.on("close", (failed) => this.socketClosed(failed, peer))
    }
  }

  private fromClient(chunk: Buffer): void {
    this.lastByteAt = this.timer.now()
    if (this.fate === "faithful") this.toServer.push(chunk)
    else if (this.fate === "forgotten") this.reset()
    // The server's side was ended before, behind bytes that a reset could take away from it.
    else if (this.fate === "closing") reset(this.client)
  }

  private clientEnded(): void {
    if (this.fate === "faithful") this.toServer.end()
    else if (this.fate === "forgotten") this.reset()
  }

  // A reset of one side is passed on as a reset; a closed side whose streams had both ended needs
  // nothing more.
  private socketClosed(failed: boolean, peer: Socket): void {
    if (this.fate === "faithful" && failed) {
      this.become("ended")
      reset(peer)
    }
    this.openSockets -= 1
    if (this.openSockets === 0) this.owner.gone(this)
  }
}
