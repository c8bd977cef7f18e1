import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, Option, Schedule, Stream } from "effect"
import { aWhile, endIn, endOf } from "./End.ts"
import { compare, type Scene } from "./Scenario.ts"

/** What a listener outside of both layers hears meanwhile: all that comes before the last one. */
const overheard = <A, E, R>(
  { administer, name, outsider }: Scene,
  during: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const heard: Array<string> = []
    const client = yield* outsider
    client.on("notification", ({ payload = "" }) => heard.push(payload))
    yield* Effect.promise(() => client.query(`LISTEN ${name}`))
    const end = yield* during
    yield* administer("SELECT pg_notify($1, 'over')", [name])
    yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => heard.includes("over") })
    return { end, heard: heard.slice(0, -1) }
  })

/** Starts a listener, and asks it whether it hears what is sent from now on. */
const listener = ({ administer, name }: Scene, messages: Stream.Stream<string, SqlError>) =>
  Effect.gen(function* () {
    const heard = new Set<string>()
    const fiber = yield* Effect.forkScoped(
      Stream.runForEach(messages, (message) => Effect.sync(() => heard.add(message)))
    )
    return (message: string, patience = Duration.seconds(10)) =>
      Effect.gen(function* () {
        const send = administer("SELECT pg_notify($1, $2)", [name, message])
        yield* Effect.timeoutOption(
          Effect.repeat(send, {
            schedule: Schedule.spaced("50 millis"),
            until: () => heard.has(message) || fiber.unsafePoll() !== null
          }),
          patience
        )
        if (heard.has(message)) return "hears"
        return Option.match(yield* fiber.poll, { onNone: () => "is deaf", onSome: endIn })
      })
  })

compare("messages between clients", (row) => {
  row("f", "are sent by notify, and with the transaction it stands in", {
    onStock: "are never sent: notify is a syntax error",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        const notify = (message: string) => endOf(sql.notify(scene.name, message))
        const undone = sql.withTransaction(Effect.zipRight(notify("undone"), Effect.fail("no")))
        const done = sql.withTransaction(notify("done"))
        const alone = notify("alone")
        const sent = Effect.zipRight(Effect.ignore(undone), Effect.zipRight(done, alone))
        return yield* overheard(scene, sent)
      }),
    stock: { end: "fails", heard: [] },
    holdfast: { end: "succeeds", heard: ["done", "alone"] }
  })

  row("g", "are heard again after the listening connection was lost, also by who begins anew", {
    onStock: "are heard no more, and who begins anew dies",
    scenario: (scene) =>
      Effect.gen(function* () {
        const sql = yield* scene.open()
        const first = yield* listener(scene, sql.listen(scene.name))
        const before = yield* first("before")
        yield* scene.kill(sql)
        const after = yield* first("after", aWhile)
        const second = yield* listener(scene, sql.listen(scene.name))
        return { before, after, second: yield* second("anew") }
      }),
    stock: { before: "hears", after: "is deaf", second: "dies" },
    holdfast: { before: "hears", after: "hears", second: "hears" }
  })
})
