import type { Socket } from "node:net"
import type { Conditions } from "./Conditions.ts"
import type { Cut, CutEnding } from "./Cut.ts"
import type { Drop } from "./Drop.ts"
import { adminShutdown, errorResponse } from "./FatalMessage.ts"
import { type FlowOwner, ProxiedFlow } from "./ProxiedFlow.ts"
import { reset } from "./reset.ts"
import type { Timer } from "./Timer.ts"
import { newDialogue, WireFrames } from "./WireFrames.ts"
import type { Direction } from "./WireMessage.ts"

type Fate = "faithful" | "closing" | "forgotten" | "blackholed" | "ended"

const fateOfCut: Readonly<Record<CutEnding, Fate>> = {
  reset: "ended",
  close: "closing",
  blackhole: "blackholed"
}

/** What a connection asks of the proxy it belongs to. */
export interface ConnectionOwner {
  readonly conditions: Conditions
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

/** A client's socket, the socket to the server that stands behind it, and what became of them. */
export class ProxiedConnection implements FlowOwner {
  readonly timer: Timer
  private armed: Array<Cut>
  private fate: Fate = "faithful"
  private lastByteAt: number
  private hasLost = false
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

  /** Whether bytes of it were swallowed. */
  get isBroken(): boolean {
    return this.fate === "blackholed" || (this.fate === "faithful" && this.hasLost)
  }

  get conditions(): Conditions {
    return this.owner.conditions
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

  /** Passes on what cuts that are called off still keep back. */
  releaseCuts(): void {
    if (this.fate !== "faithful") return
    for (const flow of [this.toServer, this.toClient]) {
      if (!this.cuts(flow.direction).some(({ _tag }) => _tag === "MessageCut")) flow.release()
    }
  }

  /** Lets what is on its way arrive as under the present conditions, if that is sooner. */
  hasten(isHeld: boolean): void {
    this.toServer.hasten(isHeld)
    this.toClient.hasten(isHeld)
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
      case "terminate":
        this.close(errorResponse(adminShutdown))
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
  private close(farewell?: Buffer): void {
    this.fate = "closing"
    this.toServer.stop()
    this.toClient.end(farewell)
    this.upstream.destroy()
  }

  private listen(): void {
    this.client.on("data", (chunk) => this.fromClient(chunk))
    this.client.on("end", () => this.clientEnded())
    this.upstream.on("data", (chunk) => {
      this.lastByteAt = this.timer.now()
      if (this.passes("toClient")) this.toClient.push(chunk)
    })
    this.upstream.on("end", () => {
      if (this.passes("toClient")) this.toClient.end()
    })
    for (const [socket, peer, direction] of [
      [this.client, this.upstream, "toServer"],
      [this.upstream, this.client, "toClient"]
    ] as const) {
      // An error is always followed by "close", which says so.
      socket.on("error", () => {})
      socket.on("close", (failed) => this.socketClosed(failed, peer, direction))
    }
  }

  /** Whether what has come that way goes on. Called only if something has come. */
  private passes(direction: Direction): boolean {
    if (this.fate !== "faithful") return false
    if (!this.conditions.muted[direction]) return true
    this.hasLost = true
    return false
  }

  private fromClient(chunk: Buffer): void {
    this.lastByteAt = this.timer.now()
    if (this.passes("toServer")) this.toServer.push(chunk)
    else if (this.fate === "forgotten") this.reset()
    // The server's side was ended before, behind bytes that a reset could take away from it.
    else if (this.fate === "closing") reset(this.client)
  }

  private clientEnded(): void {
    if (this.passes("toServer")) this.toServer.end()
    else if (this.fate === "forgotten") this.reset()
  }

  // A reset of one side is passed on as a reset; a closed side whose streams had both ended needs
  // nothing more.
  private socketClosed(failed: boolean, peer: Socket, direction: Direction): void {
    if (failed && this.passes(direction)) {
      this.become("ended")
      reset(peer)
    }
    this.openSockets -= 1
    if (this.openSockets === 0) this.owner.gone(this)
  }
}
