import { connect, createServer, type Socket } from "node:net"
import { Data, Effect, type Scope } from "effect"
import type { Address } from "../../src/testing/Upstream.ts"

/** What a test waited for did not happen in time. */
export class NotSeen extends Data.TaggedError("NotSeen")<{ readonly message: string }> {}

type Watchers = Set<() => void>

/** Waits, for 3 seconds at most, until `holds` does; the watchers are called when it may. */
const waitFor = (watchers: Watchers, holds: () => boolean, message: () => string) =>
  Effect.async<void>((resume) => {
    const look = () => {
      if (!holds()) return
      watchers.delete(look)
      resume(Effect.void)
    }
    watchers.add(look)
    look()
    return Effect.sync(() => watchers.delete(look))
  }).pipe(
    Effect.timeoutFail({
      duration: "3 seconds",
      onTimeout: () => new NotSeen({ message: message() })
    })
  )

/** One end of a TCP connection that writes down what it lives through. */
export class TcpPeer {
  readonly socket: Socket
  private readonly chunks: Array<Buffer> = []
  private readonly watchers: Watchers = new Set()
  private readonly noted = new Set<string>()

  constructor(socket: Socket) {
    this.socket = socket
    socket.on("data", (chunk: Buffer) => this.note("data", () => this.chunks.push(chunk)))
    socket.on("connect", () => this.note("connect"))
    socket.on("end", () => this.note("end"))
    socket.on("error", (error: NodeJS.ErrnoException) => this.note(error.code ?? error.message))
    socket.on("close", () => this.note("close"))
  }

  /** Every byte so far. */
  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  /** How it ended: an errno code, `"end"` (FIN), or undefined while it lasts. */
  get ending(): string | undefined {
    return (
      [...this.noted].find((what) => what.startsWith("E")) ?? (this.saw("end") ? "end" : undefined)
    )
  }

  /** Whether that event happened: data, connect, end, close, or an errno code. */
  saw(what: string): boolean {
    return this.noted.has(what)
  }

  write(bytes: Buffer | string): Effect.Effect<void> {
    return Effect.sync(() => {
      this.socket.write(bytes)
    })
  }

  /** Waits, for 3 seconds at most, until that holds. */
  until(what: string, holds: () => boolean): Effect.Effect<void, NotSeen> {
    return waitFor(this.watchers, holds, () => {
      const saw = [...this.noted].join(", ")
      return `not ${what} within 3 s: saw ${saw}, ${this.received.length} bytes`
    })
  }

  /** Waits for that event. */
  untilSaw(what: string): Effect.Effect<void, NotSeen> {
    return this.until(what, () => this.saw(what))
  }

  /** Waits until at least that many bytes are here. */
  untilReceived(bytes: number): Effect.Effect<void, NotSeen> {
    return this.until(
      `${bytes} bytes`,
      () => this.chunks.reduce((n, c) => n + c.length, 0) >= bytes
    )
  }

  private note(what: string, record?: () => void): void {
    this.noted.add(what)
    record?.()
    for (const look of [...this.watchers]) look()
  }
}

/** A TCP server for tests: its address, and everybody who connected, in order. */
export interface TcpServer extends Address {
  readonly peers: ReadonlyArray<TcpPeer>
  /** Waits for the connection with that number, the first being 0. */
  readonly peer: (index: number) => Effect.Effect<TcpPeer, NotSeen>
}

const destroyed = (socket: Socket) => Effect.sync(() => socket.destroy())

/** Listens on a free port; `serve` says what becomes of each connection. */
export const listenTcp = (
  serve: (peer: TcpPeer) => void = () => {}
): Effect.Effect<TcpServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const peers: Array<TcpPeer> = []
    const watchers: Watchers = new Set()
    const server = yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const listening = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
          const peer = new TcpPeer(socket)
          peers.push(peer)
          serve(peer)
          for (const look of [...watchers]) look()
        })
        listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
      }),
      (listening) =>
        Effect.sync(() => {
          listening.close()
          for (const { socket } of peers) socket.destroy()
        })
    )
    const address = server.address()
    if (address === null || typeof address === "string") return yield* Effect.die("no TCP port")
    const peer = (index: number) =>
      waitFor(
        watchers,
        () => peers.length > index,
        () => `nobody connected as number ${index}`
      ).pipe(Effect.andThen(Effect.suspend(() => Effect.orDie(Effect.fromNullable(peers[index])))))
    return { host: "127.0.0.1", port: address.port, peers, peer }
  })

/** Answers every byte with itself, and the end of the stream with its own. */
export const echo = (peer: TcpPeer): void => {
  peer.socket.pipe(peer.socket)
}

/** Opens a connection without waiting for it; it is destroyed with the scope. */
export const dialTcp = (address: Address): Effect.Effect<TcpPeer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new TcpPeer(connect({ ...address, allowHalfOpen: true, noDelay: true }))),
    ({ socket }) => destroyed(socket)
  )
