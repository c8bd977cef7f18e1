import { HttpApp, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger } from "effect"
import { App, Routes } from "../../src/http/index.ts"
import { fakeFloors } from "./fakeService.ts"
import { freshEmail, postJson, Service, send } from "./Service.ts"

/** All that the event loop had at hand has been done. */
const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

const credentials = () => ({ email: freshEmail(), password: "TestPass123" })

const routes = Routes.layer.pipe(
  Layer.provide(fakeFloors),
  Layer.provideMerge(NodeHttpServer.layerContext),
  Layer.provide(Logger.remove(Logger.defaultLogger))
)

const ownService = Layer.unwrapEffect(
  Effect.map(App.make(), (holdfast) =>
    HttpRouter.empty.pipe(
      HttpRouter.get("/", HttpServerResponse.text("mine")),
      HttpRouter.mountApp("/accounts", holdfast),
      HttpServer.serve()
    )
  )
).pipe(Layer.provide(routes))

const address = Layer.effect(
  Service,
  HttpServer.addressFormattedWith((url) => Effect.succeed({ url }))
)

describe("Mount", () => {
  it.scopedLive("the app can be mounted under a prefix of somebody's own service", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* send("/")).text, "mine")
      assert.strictEqual((yield* postJson("/accounts/auth/signup", credentials())).status, 201)
      assert.strictEqual((yield* postJson("/accounts/auth/signup/", credentials())).status, 404)
      assert.strictEqual((yield* send("/accounts/auth/session")).status, 401)
    }).pipe(
      Effect.provide(Layer.merge(address, ownService).pipe(Layer.provide(NodeHttpServer.layerTest)))
    )
  )

  it.scopedLive("the app can answer as a function from Request to Response", () =>
    Effect.gen(function* () {
      const { dispose, handler } = HttpApp.toWebHandlerLayerWith(routes, {
        toHandler: (runtime) => Effect.provide(App.make(), runtime)
      })
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      const signUp = (body: string) =>
        Effect.promise(() => {
          const headers = { "content-type": "application/json" }
          return handler(new Request("http://a/auth/signup", { method: "POST", headers, body }))
        })
      assert.strictEqual((yield* signUp(JSON.stringify(credentials()))).status, 201)
      assert.strictEqual((yield* signUp("{}")).status, 400)
      const tooLarge = yield* signUp("x".repeat(100_000))
      assert.strictEqual(tooLarge.status, 413)
      assert.include(yield* Effect.promise(() => tooLarge.text()), "PayloadTooLarge")
    })
  )

  it.scopedLive(
    "a body that goes on behind the answer is given up, and its failure ends nothing",
    () =>
      Effect.gen(function* () {
        const answerTo = (body: ReadableStream<Uint8Array>, options: App.AppOptions = {}) =>
          Effect.gen(function* () {
            const { dispose, handler } = HttpApp.toWebHandlerLayerWith(routes, {
              toHandler: (runtime) => Effect.provide(App.make(options), runtime)
            })
            yield* Effect.addFinalizer(() => Effect.promise(dispose))
            const headers = { "content-type": "application/json" }
            const init = { method: "POST", headers, body, duplex: "half" as const }
            const request = new Request("http://a/auth/signup", init)
            return yield* Effect.promise(() => handler(request))
          })
        const chunk = new Uint8Array(4096)
        const givenUp = yield* Deferred.make<void>()
        const endless = new ReadableStream<Uint8Array>({
          // In a turn of the event loop each, as a network would: else nothing else had its turn.
          pull: (controller) => Effect.runPromise(turn).then(() => controller.enqueue(chunk)),
          cancel: () => void Effect.runSync(Deferred.succeed(givenUp, undefined))
        })
        assert.strictEqual((yield* answerTo(endless)).status, 413)
        yield* Deferred.await(givenUp)
        let leave = () => {}
        const aborted = new ReadableStream<Uint8Array>({
          start: (controller) => {
            controller.enqueue(chunk)
            leave = () => controller.error(new Error("the client has left"))
          }
        })
        const inTime = { requestDeadline: "100 millis" } as const
        assert.strictEqual((yield* answerTo(aborted, inTime)).status, 503)
        leave()
        // An error that nobody listens for is thrown within a turn or two.
        yield* Effect.repeatN(turn, 10)
      })
  )
})
