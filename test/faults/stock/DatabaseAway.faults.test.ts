import { Effect, Fiber } from "effect"
import { endOf } from "./End.ts"
import { compare, type Scene } from "./Scenario.ts"

/** Is away for a third of a second, as a server that restarts, and ends what it had. */
const restart = ({ proxy }: Scene) =>
  Effect.gen(function* () {
    yield* proxy.refuse
    yield* proxy.closeAll
    yield* Effect.sleep("300 millis")
    yield* proxy.heal
  })

compare("a database that is away for a moment", (row) => {
  row("q", "costs a statement nothing but the time", {
    onStock: "fails the statement at once; when it is back, the next one works",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        yield* sql`SELECT 1`
        const restarting = yield* Effect.fork(restart(scene))
        yield* Effect.sleep("100 millis")
        const during = yield* endOf(sql`SELECT 1`)
        yield* Fiber.join(restarting)
        return { during, after: yield* endOf(sql`SELECT 1`) }
      }),
    stock: { during: "fails", after: "succeeds" },
    holdfast: { during: "succeeds", after: "succeeds" }
  })

  row("r", "is waited for when the layer is built", {
    onStock: "fails the layer after one attempt",
    scenario: (scene) =>
      Effect.gen(function* () {
        yield* Effect.fork(restart(scene))
        yield* Effect.sleep("50 millis")
        const open = scene.open({ retryDelay: "200 millis" })
        return yield* endOf(Effect.scoped(open))
      }),
    stock: "fails",
    holdfast: "succeeds"
  })

  row("r", "need not be there at all when a lazy layer is built", {
    onStock: "fails every layer: none is lazy",
    scenario: ({ open, proxy }) =>
      Effect.gen(function* () {
        yield* proxy.refuse
        const built = yield* Effect.either(open({ lazy: true }))
        yield* proxy.heal
        return yield* endOf(Effect.flatMap(built, (sql) => sql`SELECT 1`))
      }),
    stock: "fails",
    holdfast: "succeeds"
  })
})
