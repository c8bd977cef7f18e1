import { Context, type Duration, Effect, Layer, Redacted, type Scope } from "effect"
import type { CutEnding } from "./Cut.ts"
import type { Drop } from "./Drop.ts"
import { EmbeddedPostgres } from "./EmbeddedPostgres.ts"
import { type FatalMessage, startingUp } from "./FatalMessage.ts"
import type { ProxyFault } from "./Fault.ts"
import { type FaultProxyError, listenHost, makeListener } from "./Listener.ts"
import { type FaultProxyStats, makeConnections } from "./ProxiedConnections.ts"
import { cuts, modes, strikes } from "./ProxyControls.ts"
import { makeProxyFaults } from "./ProxyFaults.ts"
import { addressIn, through, type Upstream } from "./Upstream.ts"
import { type Direction, isCommit, type WireMessage } from "./WireMessage.ts"

/** What a proxy stands in front of. */
export interface FaultProxyOptions<E = never, R = never> {
  /**
   * Where the real server listens: an address, or a database's URL, of which host and port count.
   * An Effect is run once, when the proxy is built. A URL without a host name is a defect.
   */
  readonly upstream: Upstream | Effect.Effect<Upstream, E, R>
  /** The port to listen on, on 127.0.0.1. Default: a free one. */
  readonly port?: number
}

/**
 * A TCP proxy on 127.0.0.1 that stands between a client and any Postgres and misbehaves on command.
 *
 * It starts faithful: bytes, ends of stream and resets pass unchanged both ways. Faults come in
 * three kinds: those that strike once what is connected now (`...All`), modes that last until `heal`
 * (`latency` to `idleDrop`), and cuts at one exact place of the stream (`cut...`). Modes combine:
 * latencies add up, of limits the worst counts. `inject` has any of them last as long as a scope.
 *
 * A server that can't be reached shows as a reset right after connecting, since the proxy has
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
 * }).pipe(Effect.provide(FaultProxy.layer({ upstream: databaseUrl })))
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
     * Ends every connection behind the last words of a server that is shut down (FATAL 57P01). They are left
     * out where they would fall into a message, and in a stream that is encrypted.
     */
    readonly terminateAll: Effect.Effect<number>
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

    /** Every byte arrives that much later, both ways, on open and on new connections. */
    readonly latency: (each: Duration.DurationInput) => Effect.Effect<void>
    /** At most that many bytes per second in each direction of each connection. At least 1. */
    readonly bandwidth: (bytesPerSecond: number) => Effect.Effect<void>
    /** No byte arrives until `heal`, and then all do: an outage that TCP itself survives. */
    readonly stall: Effect.Effect<void>
    /** `blackholeAll`, and new connections are accepted and swallowed as well. */
    readonly blackhole: Effect.Effect<void>
    /**
     * A black hole in one direction, on open and on new connections: muted `"toClient"`, the server
     * does what it is asked and nobody hears of it. Connections that lost a byte, an end or a reset
     * by it are reset when it ends; the others never notice.
     */
    readonly mute: (direction: Direction) => Effect.Effect<void>
    /** Stops listening: new connections get ECONNREFUSED. Open ones are left alone. */
    readonly refuse: Effect.Effect<void>
    /**
     * A new connection beyond that many open ones is told `answer` in the words of Postgres, by
     * default 53300, and closed. `connectionLimit(0, FaultProxy.startingUp)` turns away everybody.
     * A client that insists on TLS is told that there is none.
     */
    readonly connectionLimit: (max: number, answer?: FatalMessage) => Effect.Effect<void>
    /**
     * New connections are accepted, but no byte of theirs passes before they are that old, each
     * for itself: a server that is always slow to open a session.
     */
    readonly coldStart: (delay: Duration.DurationInput) => Effect.Effect<void>
    /**
     * Puts the server to sleep, as serverless ones go: what is open is dropped (default:
     * `"terminate"`), and of the connections that come next no byte passes before the server is
     * awake, that long after the first of them came. From then on all is as before.
     */
    readonly suspend: (wake: Duration.DurationInput, how?: Drop) => Effect.Effect<void>
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
     * byte of that message arrives, but all before it. `ending` as in `cutAt`.
     *
     * While such a cut waits, messages in its direction pass only whole. Messages are not seen in a
     * stream that is encrypted (the server answered `S` to an SSLRequest): there it never strikes.
     */
    readonly cutBefore: (
      direction: Direction,
      matches: (message: WireMessage) => boolean,
      ending?: CutEnding
    ) => Effect.Effect<void>
    /**
     * Cuts the connection behind the next matching message: it arrives whole, and no byte after it does.
     * `cutAfter("toServer", FaultProxy.isCommit)` has the server run a COMMIT nobody will hear of.
     */
    readonly cutAfter: (
      direction: Direction,
      matches: (message: WireMessage) => boolean,
      ending?: CutEnding
    ) => Effect.Effect<void>
    /**
     * Cuts at the next COMMIT. `"before"` it reaches the server: the transaction is not committed.
     * `"after"` it was executed, and before its answer is heard: it is committed, nobody knows.
     */
    readonly cutCommit: (when: "before" | "after", ending?: CutEnding) => Effect.Effect<void>

    /**
     * Misbehaves as the fault says until the scope closes; then that fault alone is undone, as
     * `heal` would. What has struck by then has struck.
     */
    readonly inject: (fault: ProxyFault) => Effect.Effect<void, never, Scope.Scope>
    /**
     * Makes the proxy faithful again, on the same port: ends all faults, those of scopes too, calls
     * off cuts that did not strike, delivers at once what was delayed. Connections that have lost
     * bytes in a black hole are reset. Forgotten ones still answer their next byte with RST.
     */
    readonly heal: Effect.Effect<void>

    /** What passed through since the proxy was built. */
    readonly stats: Effect.Effect<FaultProxyStats>
  }
>() {
  /** Matches a COMMIT sent by the client, or the CommandComplete that answers one. */
  static readonly isCommit: (message: WireMessage) => boolean = isCommit

  /** What a server says that runs, but does not accept connections yet (57P03). */
  static readonly startingUp: FatalMessage = startingUp

  /**
   * Builds a proxy. When the scope closes, the listener and every socket are destroyed, without
   * waiting for anybody. Fails if the port can't be had.
   */
  static make<E = never, R = never>(
    options: FaultProxyOptions<E, R>
  ): Effect.Effect<FaultProxy["Type"], FaultProxyError | E, R | Scope.Scope> {
    return make(options)
  }

  /** `make` as a Layer. */
  static layer<E = never, R = never>(
    options: FaultProxyOptions<E, R>
  ): Layer.Layer<FaultProxy, FaultProxyError | E, Exclude<R, Scope.Scope>> {
    return Layer.scoped(FaultProxy, make(options))
  }

  /** A proxy before the embedded server. */
  static readonly layerEmbedded: Layer.Layer<FaultProxy, FaultProxyError, EmbeddedPostgres> =
    Layer.suspend(() => FaultProxy.layer({ upstream: EmbeddedPostgres }))
}

const make = <E, R>({ upstream, port = 0 }: FaultProxyOptions<E, R>) =>
  Effect.gen(function* () {
    const given = Effect.isEffect(upstream) ? yield* upstream : upstream
    const connections = yield* makeConnections(
      Redacted.isRedacted(given) ? addressIn(given) : given
    )
    const listener = yield* makeListener(port, (client) => connections.accept(client))
    const faults = yield* makeProxyFaults(connections, listener)
    return FaultProxy.of({
      host: listenHost,
      port: listener.port,
      url: (original) => through(original, listener.port),
      ...strikes(connections),
      ...modes(faults),
      ...cuts(faults),
      inject: faults.inject,
      heal: faults.heal,
      stats: Effect.sync(() => connections.stats())
    })
  })
