import { Context, Duration, Effect, FiberHandle, Layer, Redacted, type Scope } from "effect"
import type { CutEnding } from "./Cut.ts"
import { type ListenError, listenHost, makeListener } from "./Listener.ts"
import type { Drop } from "./ProxiedConnection.ts"
import {
  type Address,
  type FaultProxyStats,
  makeConnections,
  type ProxiedConnections
} from "./ProxiedConnections.ts"
import { type Direction, isCommit, type WireMessage } from "./WireMessage.ts"

/** What a proxy stands in front of. */
export interface FaultProxyOptions<E = never, R = never> {
  /** Where the real server listens. An Effect is run once, when the proxy is built. */
  readonly upstream: Address | Effect.Effect<Address, E, R>
  /** The port to listen on, on 127.0.0.1. Default: a free one. */
  readonly port?: number
}

/**
 * A TCP proxy on 127.0.0.1 that stands between a client and its Postgres and misbehaves on command.
 *
 * It starts faithful: bytes, ends of stream and resets pass unchanged both ways. Faults come in
 * three kinds: those that strike once what is connected now (`resetAll`, `closeAll`, `forgetAll`,
 * `blackholeAll`), modes that last until `heal` (`refuse`, `blackhole`, `coldStart`, `latency`,
 * `bandwidth`, `idleDrop`), and cuts at one exact place of the stream (`cutAt`, `cutBefore`,
 * `cutAfter`). Modes combine.
 *
 * A server that cannot be reached shows as a reset right after connecting, since the proxy has
 * accepted by then. In a black hole the proxy's own kernel still acknowledges what it swallows.
 * Delays follow the Effect `Clock` of the fiber that built the proxy; sockets do not, so use it
 * under the live clock.
 *
 * @example
 * ```ts
 * const program = Effect.gen(function* () {
 *   const proxy = yield* FaultProxy
 *   const users = yield* connectTo(proxy.url(databaseUrl))
 *   yield* proxy.resetAll
 *   yield* users.signUp("testuser@example.com") // must not notice
 * }).pipe(Effect.provide(FaultProxy.layer({ upstream: { host: "127.0.0.1", port: 5432 } })))
 * ```
 */
export class FaultProxy extends Context.Tag("holdfast/testing/FaultProxy")<
  FaultProxy,
  {
    /** Always `"127.0.0.1"`. */
    readonly host: string
    /** The port the proxy listens on. It stays the same through `refuse` and `heal`. */
    readonly port: number
    /**
     * A connection URL with host and port replaced by the proxy's; all else is kept. With TLS,
     * the name in the server's certificate will not be 127.0.0.1: `sslmode=verify-full` fails.
     * Throws if the text is no URL, without repeating it.
     */
    readonly url: (upstream: Redacted.Redacted<string>) => Redacted.Redacted<string>

    /** Resets (RST) every connection, towards the client and the server. Returns how many. */
    readonly resetAll: Effect.Effect<number>
    /**
     * Ends every connection towards its client in good order (FIN), behind what the server had
     * said, as a server does that closes. The next byte of the client is answered with RST.
     * Returns how many.
     */
    readonly closeAll: Effect.Effect<number>
    /**
     * Forgets every connection, as a NAT does after an idle time: the server's side is closed, the
     * client is told nothing, and the next byte it sends is answered with RST. Returns how many.
     */
    readonly forgetAll: Effect.Effect<number>
    /**
     * Swallows from now on every byte of the connections that are open, both ways, ends of stream
     * included. Neither side is told, so the server keeps what it holds for them. New connections
     * are not affected. Lasts until `heal` or `resetAll`. Returns how many.
     */
    readonly blackholeAll: Effect.Effect<number>

    /** Stops listening: new connections get ECONNREFUSED. Open ones are left alone. */
    readonly refuse: Effect.Effect<void>
    /** `blackholeAll`, and new connections are accepted and swallowed as well. */
    readonly blackhole: Effect.Effect<void>
    /**
     * New connections are accepted, but no byte of theirs passes before they are that old: a
     * suspended serverless database that is being woken.
     */
    readonly coldStart: (delay: Duration.DurationInput) => Effect.Effect<void>
    /** Every byte arrives that much later, both ways, on open and on new connections. */
    readonly latency: (each: Duration.DurationInput) => Effect.Effect<void>
    /** At most that many bytes per second in each direction of each connection. At least 1. */
    readonly bandwidth: (bytesPerSecond: number) => Effect.Effect<void>
    /** Drops connections over which no byte came, either way, for that long. */
    readonly idleDrop: (after: Duration.DurationInput, how: Drop) => Effect.Effect<void>

    /**
     * Cuts one connection after exactly `bytes` more bytes in that direction: they arrive, none
     * after them does. The client gets an RST (`ending` "reset", the default) or a FIN ("close"),
     * the server the end of the stream behind its last byte; with "blackhole" nobody is told.
     * With 0, the first byte that comes is the occasion, and does not arrive.
     *
     * Of the `"next"` connection (default) the bytes are counted from its first one; of those
     * `"open"` now from this moment, all together, and the one that carries the last is cut.
     *
     * Towards the client "arrive" means in the buffers of its kernel. A client that is more than
     * its receive window behind loses the rest to the reset, as it would to any.
     */
    readonly cutAt: (
      direction: Direction,
      bytes: number,
      of?: "next" | "open",
      ending?: CutEnding
    ) => Effect.Effect<void>
    /**
     * Cuts the connection, open or new, on which the next matching message travels, so that no
     * byte of that message arrives, but all before it. With `FaultProxy.isCommit`: `"toServer"`
     * leaves the transaction uncommitted; `"toClient"` has it committed, with the answer lost.
     *
     * While such a cut waits, messages in its direction pass only whole. Messages are not seen in a
     * stream that is encrypted (the server answered `S` to an SSLRequest): there it never strikes.
     */
    readonly cutBefore: (
      direction: Direction,
      matches: (message: WireMessage) => boolean
    ) => Effect.Effect<void>
    /**
     * The same, but the matching message arrives whole, and no byte after it does.
     * `cutAfter("toServer", FaultProxy.isCommit)` has the server run a COMMIT nobody will hear of.
     */
    readonly cutAfter: (
      direction: Direction,
      matches: (message: WireMessage) => boolean
    ) => Effect.Effect<void>

    /**
     * Makes the proxy faithful again, on the same port: ends all modes, calls off cuts that did not
     * strike, delivers at once what was delayed. Connections in a black hole have lost bytes for
     * good and are reset. Forgotten ones still answer their next byte with RST.
     */
    readonly heal: Effect.Effect<void>

    /** Connections whose client side is not closed. */
    readonly connections: Effect.Effect<number>
    /** What passed through since the proxy was built. */
    readonly stats: Effect.Effect<FaultProxyStats>
  }
>() {
  /** Matches a COMMIT sent by the client, or the CommandComplete that answers one. */
  static readonly isCommit: (message: WireMessage) => boolean = isCommit

  /**
   * Builds a proxy. When the scope closes, the listener and every socket are destroyed, without
   * waiting for anybody. Fails if the port cannot be had.
   */
  static make<E = never, R = never>(
    options: FaultProxyOptions<E, R>
  ): Effect.Effect<FaultProxy["Type"], ListenError | E, R | Scope.Scope> {
    return make(options)
  }

  /** `make` as a Layer. */
  static layer<E = never, R = never>(
    options: FaultProxyOptions<E, R>
  ): Layer.Layer<FaultProxy, ListenError | E, Exclude<R, Scope.Scope>> {
    return Layer.scoped(FaultProxy, make(options))
  }
}

type Service = FaultProxy["Type"]

const throughProxy = (upstream: Redacted.Redacted<string>, port: number) => {
  const text = Redacted.value(upstream)
  if (!URL.canParse(text)) {
    throw new TypeError("FaultProxy.url was given something that is no URL: give postgres://...")
  }
  const url = new URL(text)
  url.hostname = listenHost
  url.port = String(port)
  // These parameters would win over what stands before the path, and go round the proxy.
  for (const name of ["host", "hostaddr", "port"]) url.searchParams.delete(name)
  return Redacted.make(url.href)
}

const strikes = (connections: ProxiedConnections) => {
  const dropAll = (how: Drop) => Effect.sync(() => connections.dropAll(how))
  return {
    resetAll: dropAll("reset"),
    closeAll: dropAll("close"),
    forgetAll: dropAll("forget"),
    blackholeAll: dropAll("blackhole")
  }
}

const modes = (connections: ProxiedConnections, idleWatch: FiberHandle.FiberHandle) => ({
  blackhole: Effect.sync(() => connections.swallow()),
  coldStart: (delay: Duration.DurationInput) =>
    Effect.sync(() => {
      connections.coldStart = Duration.toMillis(delay)
    }),
  latency: (each: Duration.DurationInput) =>
    Effect.sync(() => {
      connections.line.latency = Duration.toMillis(each)
    }),
  bandwidth: (bytesPerSecond: number) =>
    Effect.sync(() => {
      connections.line.bandwidth = Math.max(1, bytesPerSecond)
    }),
  idleDrop: (after: Duration.DurationInput, how: Drop) => {
    const millis = Duration.toMillis(after)
    const watch = Effect.suspend(() => Effect.sleep(connections.dropIdle(how, millis)))
    return Effect.asVoid(FiberHandle.run(idleWatch, Effect.interruptible(Effect.forever(watch))))
  }
})

const cuts = (connections: ProxiedConnections) => {
  const cutAtMessage =
    (side: "before" | "after"): Service["cutBefore"] =>
    (direction, matches) =>
      Effect.sync(() =>
        connections.arm({ _tag: "MessageCut", direction, side, matches, spent: false }, "any")
      )
  const cutAt: Service["cutAt"] = (direction, bytes, of = "next", ending = "reset") =>
    Effect.sync(() =>
      connections.arm({ _tag: "ByteCut", direction, remaining: bytes, ending, spent: false }, of)
    )
  return { cutAt, cutBefore: cutAtMessage("before"), cutAfter: cutAtMessage("after") }
}

const make = <E, R>({ upstream, port = 0 }: FaultProxyOptions<E, R>) =>
  Effect.gen(function* () {
    const connections = yield* makeConnections(
      Effect.isEffect(upstream) ? yield* upstream : upstream
    )
    const listener = yield* makeListener(port, (client) => connections.accept(client))
    const idleWatch = yield* FiberHandle.make()
    return FaultProxy.of({
      host: listenHost,
      port: listener.port,
      url: (original) => throughProxy(original, listener.port),
      ...strikes(connections),
      ...modes(connections, idleWatch),
      ...cuts(connections),
      refuse: listener.close,
      heal: FiberHandle.clear(idleWatch).pipe(
        Effect.andThen(Effect.sync(() => connections.heal())),
        Effect.andThen(Effect.orDie(listener.open))
      ),
      connections: Effect.sync(() => connections.stats().open),
      stats: Effect.sync(() => connections.stats())
    })
  })
