/** A process that asks the service, so that who asks does not slow down who answers. */
import { randomUUID } from "node:crypto"
import { NodeRuntime } from "@effect/platform-node"
import { Array as Arrays, Effect, FiberHandle, FiberSet } from "effect"
import { askAt } from "../service/Ask.ts"
import type { Order, Probe, Report } from "./Order.ts"
import { probing } from "./Probing.ts"

const say = (report: Report) => Effect.sync(() => process.send?.(report))

const crowd = (url: string, count: number) => {
  const ask = askAt(url, count)
  const signUp = Effect.suspend(() => {
    const body = { email: `${randomUUID()}@example.com`, password: "a proof of bulkheads" }
    return Effect.option(ask({ method: "POST", path: "/auth/signup", body }))
  })
  return Effect.replicateEffect(signUp, count, { concurrency: "unbounded" }).pipe(
    Effect.map(Arrays.getSomes)
  )
}

const program = Effect.gen(function* () {
  const run = yield* FiberSet.makeRuntime()
  const watching = yield* FiberHandle.make()
  const [health, sessions]: [Array<Probe>, Array<Probe>] = [[], []]
  const watch = (url: string, token: string) => {
    const ask = askAt(url, 8)
    const headers = { authorization: `Bearer ${token}` }
    return Effect.all(
      [
        probing(ask({ method: "GET", path: "/health" }), health),
        probing(ask({ method: "GET", path: "/auth/session", headers }), sessions)
      ],
      { concurrency: "unbounded" }
    )
  }
  const obey = (order: Order): Effect.Effect<unknown> => {
    switch (order._tag) {
      case "SignUp":
        return Effect.flatMap(crowd(order.url, order.count), (answers) =>
          say({ _tag: "SignedUp", answers })
        )
      case "Watch":
        return FiberHandle.run(watching, watch(order.url, order.token))
      case "Tell":
        return Effect.zipRight(
          FiberHandle.clear(watching),
          say({ _tag: "Watched", health, sessions })
        )
    }
  }
  process.on("message", (order: Order) => run(obey(order)))
  yield* say({ _tag: "Ready" })
  return yield* Effect.never
}).pipe(Effect.scoped)

// Whoever started it is gone.
process.on("disconnect", () => process.exit())

NodeRuntime.runMain(program, { disablePrettyLogger: true })
