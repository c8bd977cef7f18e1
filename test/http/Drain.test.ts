import * as Net from "node:net"
import { HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Exit, Fiber, Layer, Ref, Scope, Stream } from "effect"
import { EmailTaken } from "../../src/auth/AuthError.ts"
import * as Drain from "../../src/http/Drain.ts"
import { ListenError } from "../../src/http/ListenError.ts"
import * as NodeServer from "../../src/http/NodeServer.ts"
import { Readiness } from "../../src/http/Readiness.ts"
import { Server, type ServerOptions } from "../../src/http/Server.ts"
import { type Floors, fakeFloors, floorsWith, serviceOver } from "./fakeService.ts"
import { exchange, statusOf } from "./RawSocket.ts"
import { freshEmail, postJson, Service, send } from "./Service.ts"

const credentials = () => ({ email: freshEmail(), password: "TestPass123" })

/** Starts a service in a scope of its own, so that the test can end it. */
const started = (
  floors: Layer.Layer<Floors>,
  options: Pick<ServerOptions, "drainDelay" | "drainDeadline"> = {}
) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(serviceOver(floors, options), scope)
    return { context, end: Scope.close(scope, Exit.void) }
  })

/** Floors on which a sign-up takes until it is let go, and which know when they are closed. */
const heldFloors = Effect.gen(function* () {
  const started = yield* Deferred.make<void>()
  const release = yield* Deferred.make<void>()
  const isOpen = yield* Ref.make(true)
  const wasOpen = yield* Ref.make(false)
  const signUp = () =>
    Effect.gen(function* () {
      yield* Deferred.succeed(started, undefined)
      yield* Deferred.await(release)
      yield* Ref.set(wasOpen, yield* Ref.get(isOpen))
      return yield* new EmailTaken({})
    })
  const closing = Layer.scopedDiscard(Effect.addFinalizer(() => Ref.set(isOpen, false)))
  const floors = Layer.merge(floorsWith({ accounts: { signUp } }), closing)
  return {
    floors,
    started: Deferred.await(started),
    release: Deferred.succeed(release, undefined),
    wasOpen: Ref.get(wasOpen)
  }
})

const accepts = Effect.flatMap(Service, ({ url }) =>
  Effect.promise(() =>
    fetch(`${url}/health`).then(
      () => true,
      () => false
    )
  )
)

/** Sends the first part at once and the second after a pause; everything that is answered. */
const latecomer = ([first, second]: readonly [string, string], pause: Duration.DurationInput) =>
  Effect.flatMap(Service, ({ url }) =>
    Effect.async<string>((resume) => {
      const { hostname, port } = new URL(url)
      let received = ""
      const socket = Net.connect({ host: hostname, port: Number(port) })
      socket.setEncoding("latin1").on("data", (data) => {
        received += data
      })
      socket.on("close", () => resume(Effect.succeed(received))).on("error", () => undefined)
      socket.write(first)
      const timer = setTimeout(() => socket.write(second), Duration.toMillis(pause))
      return Effect.sync(() => {
        clearTimeout(timer)
        socket.destroy()
      })
    })
  )

describe("Drain", () => {
  it.scopedLive(
    "a request in flight is answered, its floors still open, and no one else is let in",
    () =>
      Effect.gen(function* () {
        const held = yield* heldFloors
        const { context, end } = yield* started(held.floors)
        const request = yield* Effect.fork(
          Effect.provide(postJson("/auth/signup", credentials()), context)
        )
        yield* held.started
        const ending = yield* Effect.fork(end)
        yield* Effect.sleep("100 millis")
        assert.isFalse(yield* Effect.provide(accepts, context))
        yield* held.release
        const answer = yield* Fiber.join(request)
        assert.strictEqual(answer.status, 409)
        assert.strictEqual(answer.headers.get("connection"), "close")
        assert.isTrue(yield* held.wasOpen)
        yield* Fiber.join(ending)
      })
  )

  it.scopedLive("the same when the service is ended by interruption, as a signal does it", () =>
    Effect.gen(function* () {
      const held = yield* heldFloors
      const url = yield* Deferred.make<string>()
      const announce = Layer.effectDiscard(
        Effect.flatMap(Service, (service) => Deferred.succeed(url, service.url))
      )
      const running = yield* Effect.fork(
        Layer.launch(announce.pipe(Layer.provide(serviceOver(held.floors))))
      )
      const request = yield* Effect.fork(
        Effect.provide(
          postJson("/auth/signup", credentials()),
          Service.at(yield* Deferred.await(url))
        )
      )
      yield* held.started
      const ending = yield* Effect.fork(Fiber.interrupt(running))
      yield* Effect.sleep("100 millis")
      yield* held.release
      assert.strictEqual((yield* Fiber.join(request)).status, 409)
      assert.isTrue(yield* held.wasOpen)
      yield* Fiber.join(ending)
    })
  )

  it.scopedLive("load balancers are told while it still accepts, and answers", () =>
    Effect.gen(function* () {
      const { context, end } = yield* started(fakeFloors, { drainDelay: "3 seconds" })
      const ask = (path: string) => Effect.provide(send(path), context)
      assert.strictEqual((yield* ask("/health/ready")).status, 200)
      const ending = yield* Effect.fork(end)
      const ready = yield* Effect.repeat(Effect.delay(ask("/health/ready"), "10 millis"), {
        until: ({ status }) => status === 503
      })
      assert.strictEqual(ready.headers.get("retry-after"), "1")
      const alive = yield* ask("/health")
      assert.strictEqual(alive.status, 200)
      assert.strictEqual(alive.headers.get("connection"), "close")
      yield* Fiber.join(ending)
      assert.isFalse(yield* Effect.provide(accepts, context))
    })
  )

  it.scopedLive("an idle connection does not hold up the end", () =>
    Effect.gen(function* () {
      const { context, end } = yield* started(fakeFloors)
      const idle = yield* Effect.fork(
        Effect.provide(exchange(["GET /health HTTP/1.1\r\nHost: a\r\n\r\n"]), context)
      )
      yield* Effect.provide(send("/health"), context)
      yield* Effect.sleep("50 millis")
      const [took] = yield* Effect.timed(end)
      assert.isBelow(Duration.toMillis(took), 5_000)
      const closed = yield* Fiber.join(idle)
      assert.strictEqual(statusOf(closed), 200)
      assert.strictEqual(closed.end, "closed")
    })
  )

  it.scopedLive("a connection that has never sent anything does not, either", () =>
    Effect.gen(function* () {
      const { context, end } = yield* started(fakeFloors)
      const silent = yield* Effect.fork(Effect.provide(exchange([]), context))
      yield* Effect.provide(send("/health"), context)
      yield* Effect.sleep("50 millis")
      yield* end.pipe(Effect.timeout("1 second"))
      assert.strictEqual((yield* Fiber.join(silent)).end, "closed")
    })
  )

  it.scopedLive("what comes too late over an open connection is refused, and told to go on", () =>
    Effect.gen(function* () {
      const { context, end } = yield* started(fakeFloors)
      const late = latecomer(["GET /health HTTP/1.1\r\nHo", "st: a\r\n\r\n"], "200 millis")
      const exchanged = yield* Effect.fork(Effect.provide(late, context))
      yield* Effect.sleep("100 millis")
      yield* end.pipe(Effect.timeout("1 second"))
      const answer = yield* Fiber.join(exchanged)
      assert.match(answer, /^HTTP\/1\.1 503 /)
      assert.match(answer, /retry-after: 1\r\n/i)
      assert.match(answer, /connection: close\r\n/i)
      assert.match(answer, /"_tag":"Draining"/)
    })
  )

  it.scopedLive("an answer without an end of its own ends when it hears of it", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const readiness = yield* Effect.map(Layer.build(Readiness.layer), Context.get(Readiness))
      const events = Stream.repeatEffect(Effect.as(Effect.sleep("20 millis"), "data: on\n\n"))
      const told = Stream.concat(
        Stream.interruptWhen(events, readiness.closed),
        Stream.make("data: over\n\n")
      )
      const server = yield* NodeServer.create
      const times = { delay: Duration.zero, deadline: Duration.seconds(30) }
      const drain = Drain.make(server, readiness, times)
      const app = Effect.succeed(HttpServerResponse.stream(Stream.encodeText(told)))
      server.on("request", yield* NodeHttpServer.makeHandler(app, drain.track))
      const port = yield* NodeServer.listen(server, "127.0.0.1", 0)
      yield* Scope.addFinalizer(scope, drain.run)
      const body = yield* Effect.fork(
        Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/`)).text())
      )
      yield* Effect.sleep("200 millis")
      yield* Scope.close(scope, Exit.void).pipe(Effect.timeout("1 second"))
      assert.match(yield* Fiber.join(body), /^(data: on\n\n)+data: over\n\n$/)
    })
  )

  it.scopedLive("a request that does not end is cut off at the deadline, and interrupted", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const reached = yield* Deferred.make<void>()
      const signUp = () =>
        Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
        )
      const { context, end } = yield* started(floorsWith({ accounts: { signUp } }), {
        drainDeadline: "200 millis"
      })
      const request = yield* Effect.fork(
        Effect.provide(postJson("/auth/signup", credentials()), context)
      )
      yield* Deferred.await(reached)
      yield* end.pipe(Effect.timeout("2 seconds"))
      yield* Deferred.await(interrupted)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(request)))
    })
  )
})

describe("Server", () => {
  it.scopedLive("a port that is taken fails the start with the address and what to do", () =>
    Effect.gen(function* () {
      const first = yield* Layer.build(Server.layer({ port: 0 }).pipe(Layer.provide(fakeFloors)))
      const { port } = yield* Effect.provide(Server, first)
      const second = Server.layer({ port }).pipe(Layer.provide(fakeFloors))
      const error = yield* Effect.flip(Layer.build(second))
      assert.instanceOf(error, ListenError)
      assert.strictEqual(
        error.message,
        `Can't listen on 127.0.0.1:${port}: another process already does. End it, or set PORT to a free port.`
      )
    })
  )

  it.scopedLive("an address that this machine does not have fails the start, too", () =>
    Effect.gen(function* () {
      const elsewhere = Server.layer({ host: "203.0.113.1", port: 0 })
      const error = yield* Effect.flip(Layer.build(elsewhere.pipe(Layer.provide(fakeFloors))))
      assert.strictEqual(
        error.message,
        "Can't listen on 203.0.113.1:0: this machine has no such address. Set HOST to one it has."
      )
    })
  )
})
