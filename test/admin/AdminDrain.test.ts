import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Redacted,
  Scope,
  Stream
} from "effect"
import * as Admin from "../../src/admin/Admin.ts"
import { Audience, mailbox } from "../../src/admin/Audience.ts"
import { Server } from "../../src/http/Server.ts"
import { Pool } from "../../src/pool/index.ts"
import { scriptedClient } from "../auth/ScriptedClient.ts"
import { fakeAuth } from "../http/FakeAuth.ts"
import { resting } from "../http/FakePool.ts"
import { fakeFloors } from "../http/fakeService.ts"

const token = "a token of sixteen letters"

/** A service whose pool has so many connections. */
const serviceWith = (connections: number) => {
  const roster = Array.from({ length: connections }, (_, id) => ({
    id,
    phase: "idle" as const,
    age: Duration.zero,
    uses: 0
  }))
  const pool = Layer.mock(Pool, {
    acquireTimeout: Duration.seconds(10),
    stats: Effect.succeed(resting),
    connections: Effect.succeed(roster),
    events: Stream.never
  })
  return Server.layer(
    { port: 0, drainDeadline: "10 seconds" },
    Admin.layer(Redacted.make(token))
  ).pipe(
    Layer.provide([fakeAuth, pool, scriptedClient(() => Effect.succeed([]))]),
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )
}

/** In a scope of its own, so that the test can end it. */
const started = (connections: number) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(serviceWith(connections), scope)
    const { port, url } = Context.get(context, Server)
    const ending = Effect.map(Effect.timed(Scope.close(scope, Exit.void)), ([took]) =>
      Duration.toMillis(took)
    )
    return { port, url, ending }
  })

const signedIn = (url: string) =>
  Effect.promise(async () => {
    const { headers } = await fetch(`${url}/admin/sign-in`, {
      method: "POST",
      redirect: "manual",
      headers: { "sec-fetch-site": "same-origin" },
      body: new URLSearchParams({ token })
    })
    return headers.getSetCookie()[0]?.split(";")[0] ?? ""
  })

/** A page that opens a stream and never reads it. */
const deafPage = (port: number, cookie: string) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof connect>>((resume) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.pause()
        socket.write(
          `GET /admin/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${cookie}\r\n\r\n`
        )
        resume(Effect.succeed(socket))
      })
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** A page that reads. Goes on when it has begun to hear; what it heard, once that is over. */
const listeningPage = (url: string, cookie: string) =>
  Effect.gen(function* () {
    const hears = yield* Deferred.make<void>()
    const heard = yield* Effect.fork(
      Effect.promise(async (signal) => {
        const answer = await fetch(`${url}/admin/events`, { signal, headers: { cookie } })
        const decoder = new TextDecoder()
        let [text, begun] = ["", false]
        for await (const bytes of answer.body ?? []) {
          text += decoder.decode(bytes, { stream: true })
          if (begun || !text.includes("event: snapshot")) continue
          begun = true
          Deferred.unsafeDone(hears, Effect.void)
        }
        return text
      })
    )
    yield* Effect.timeout(Deferred.await(hears), "10 seconds")
    return heard
  })

/** Less than the drain's deadline, 10 s, at which it would wait no longer. */
const promptly = 8_000

describe("the dashboard at the end of the service", () => {
  it.scopedLive("tells its pages, and does not wait for them", () =>
    Effect.gen(function* () {
      const { ending, url } = yield* started(1)
      const cookie = yield* signedIn(url)
      const heard = yield* listeningPage(url, cookie)
      assert.isBelow(yield* ending, promptly)
      assert.include(yield* Fiber.join(heard), "event: draining")
    })
  )

  it.scopedLive("does not wait for a page that does not read, either", () =>
    Effect.gen(function* () {
      // Some 10 MB: more than a kernel takes for who does not read.
      const { ending, port, url } = yield* started(200_000)
      const cookie = yield* signedIn(url)
      yield* deafPage(port, cookie)
      // Whoever asked later hears already: so would the deaf one.
      yield* listeningPage(url, cookie)
      assert.isBelow(yield* ending, promptly)
    })
  )

  it.effect("a page that does not listen is cut off at its limit, and the others go on", () =>
    Effect.gen(function* () {
      const audience = new Audience(2)
      const cut: Array<string> = []
      const page = (name: string) =>
        Effect.map(mailbox, (messages) => ({
          messages,
          isAllowed: Effect.succeed(true),
          cutOff: () => {
            cut.push(name)
          }
        }))
      const [deaf, listening] = [yield* page("deaf"), yield* page("listening")]
      assert.isTrue(audience.add(deaf))
      assert.isTrue(audience.add(listening))
      assert.isFalse(audience.add(yield* page("third")))
      for (let second = 0; second < 40; second++) {
        audience.tell(new Uint8Array([second]))
        yield* listening.messages.take
      }
      assert.deepStrictEqual(cut, ["deaf"])
      assert.strictEqual(audience.size, 1)
    })
  )

  it.scopedLive("without a token there is no such path", () =>
    Effect.gen(function* () {
      const plain = Server.layer({ port: 0 }).pipe(
        Layer.provide(fakeFloors),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      )
      const { url } = Context.get(yield* Layer.build(plain), Server)
      for (const path of ["/admin", "/admin/sign-in", "/admin/events"]) {
        assert.strictEqual((yield* Effect.promise(() => fetch(url + path))).status, 404)
      }
    })
  )
})
