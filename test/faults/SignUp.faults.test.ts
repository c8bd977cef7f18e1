import { randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { Server } from "../../src/http/Server.ts"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { Direct } from "../support/Direct.ts"
import { runningService } from "../support/RunningService.ts"

const direct = Layer.unwrapEffect(Effect.map(EmbeddedPostgres, ({ url }) => Direct.at(url)))

const proxied = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ host, port }) => FaultProxy.layer({ upstream: { host, port } }))
)

const service = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    return runningService((yield* FaultProxy).url(url))
  })
)

const stage = Layer.merge(service, direct).pipe(
  Layer.provideMerge(proxied),
  Layer.provideMerge(EmbeddedPostgres.layer())
)

interface Answer {
  readonly status: number
  readonly userId: string
  readonly sessionId: string
  readonly millis: number
}

const signUp = (url: string): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const begun = performance.now()
    const response = await fetch(`${url}/auth/signup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: "TestPass123" })
    })
    const body = (await response.json()) as { user?: { id: string }; session?: { id: string } }
    const millis = performance.now() - begun
    return {
      status: response.status,
      userId: body.user?.id ?? "none",
      sessionId: body.session?.id ?? "none",
      millis
    }
  })

/** A faithful network and empty tables, after a first sign-up that has created them. */
const cleared = Effect.gen(function* () {
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* signUp((yield* Server).url)
  yield* (yield* Direct)`TRUNCATE users CASCADE`
})

/** Sign-ups eight at a time for as long as `during` takes, and eight more that begin after it. */
const crowdWhile = <E, R>(during: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const { url } = yield* Server
    const answers: Array<Answer> = []
    let [isOver, begun] = [false, 0]
    const once = Effect.suspend(() => {
      begun += 1
      return Effect.map(signUp(url), (answer) => answers.push(answer))
    })
    const person = Effect.zipRight(Effect.repeat(once, { while: () => !isOver }), once)
    const crowd = yield* Effect.fork(
      Effect.forEach(Array.from({ length: 8 }), () => person, { concurrency: 8 })
    )
    yield* Effect.sleep("300 millis")
    assert.isAbove(begun, answers.length, "there is something to lose")
    yield* during
    isOver = true
    yield* Fiber.join(crowd)
    return answers
  })

const signUpsWhile = <E, R>(during: Effect.Effect<void, E, R>) =>
  Effect.zipRight(cleared, crowdWhile(during))

interface Row {
  readonly user_id: string
  readonly session_id: string | null
}

/** Every answer is a 201, and the tables hold exactly what was answered. */
const nothingLost = (answers: ReadonlyArray<Answer>) =>
  Effect.gen(function* () {
    const sql = yield* Direct
    const rows = yield* sql<Row>`
      SELECT users.id AS user_id, sessions.id AS session_id
      FROM users LEFT JOIN sessions ON sessions.user_id = users.id`
    const key = (user: string, session: string | null) => `${user} ${session}`
    assert.deepStrictEqual(
      answers.filter(({ status }) => status !== 201),
      [],
      "no sign-up fails"
    )
    assert.deepStrictEqual(
      rows.map((row) => key(row.user_id, row.session_id)).toSorted(),
      answers.map((answer) => key(answer.userId, answer.sessionId)).toSorted(),
      "none is lost, none is doubled, no user is without a session"
    )
  })

const terminateAll = Effect.gen(function* () {
  const sql = yield* Direct
  yield* sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'holdfast' AND pid <> pg_backend_pid()`
})

const repeated = <E, R>(fault: Effect.Effect<unknown, E, R>) =>
  Effect.repeatN(Effect.zipRight(fault, Effect.sleep("150 millis")), 9)

/** Lets the connections go idle, strikes, and lets people sign up again. */
const whileIdle = <E, R>(fault: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const before = yield* signUpsWhile(Effect.void)
    yield* Effect.sleep("1200 millis")
    yield* fault
    const after = yield* crowdWhile(Effect.void)
    yield* nothingLost([...before, ...after])
  })

/** It costs nobody more than itself, a second, and the time for eight hashes on two busy cores. */
const costsNoMoreThan = (outage: Duration.Duration, answers: ReadonlyArray<Answer>) => {
  const slowest = Math.max(...answers.map(({ millis }) => millis))
  assert.isBelow(slowest, Duration.toMillis(outage) + 1_000 + 1_500)
}

/** Has people sign up meanwhile. What an outage may cost goes by how long it really was. */
const survives = <E, R>(outage: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    let away = Duration.zero
    const answers = yield* signUpsWhile(
      Effect.map(Effect.timed(outage), ([took]) => {
        away = took
      })
    )
    yield* nothingLost(answers)
    costsNoMoreThan(away, answers)
  })

layer(stage, { excludeTestServices: true, timeout: "1 minute" })(
  "sign-ups over HTTP, eight at a time",
  (it) => {
    it.effect("survive that every backend is terminated, again and again", () =>
      Effect.flatMap(signUpsWhile(repeated(terminateAll)), nothingLost)
    )

    it.effect("survive that every socket is reset, again and again", () =>
      Effect.flatMap(FaultProxy, ({ resetAll }) =>
        Effect.flatMap(signUpsWhile(repeated(resetAll)), nothingLost)
      )
    )

    it.effect("survive that the server closes idle connections", () =>
      Effect.flatMap(FaultProxy, ({ closeAll }) => whileIdle(closeAll))
    )

    it.effect(
      "survive that idle connections are forgotten, so that the next byte is answered with RST",
      () => Effect.flatMap(FaultProxy, ({ forgetAll }) => whileIdle(forgetAll))
    )

    it.effect("survive that busy connections are forgotten as well", () =>
      Effect.flatMap(FaultProxy, ({ forgetAll }) =>
        Effect.flatMap(signUpsWhile(repeated(forgetAll)), nothingLost)
      )
    )

    it.effect("survive that the server crashes and is back after a second", () =>
      Effect.gen(function* () {
        const { crash, start } = yield* EmbeddedPostgres
        yield* survives(
          crash.pipe(Effect.zipRight(Effect.sleep("1 second")), Effect.zipRight(start))
        )
      })
    )

    it.effect("survive that connections are refused for two seconds", () =>
      Effect.gen(function* () {
        const { heal, refuse, resetAll } = yield* FaultProxy
        yield* survives(
          refuse.pipe(
            Effect.zipRight(resetAll),
            Effect.zipRight(Effect.sleep("2 seconds")),
            Effect.zipRight(heal)
          )
        )
      })
    )

    it.effect(
      "survive that the network swallows what their connections carry, within six seconds",
      () =>
        Effect.gen(function* () {
          const { blackholeAll } = yield* FaultProxy
          const answers = yield* signUpsWhile(blackholeAll)
          yield* nothingLost(answers)
          // And the time for eight hashes on two busy cores.
          assert.isBelow(Math.max(...answers.map(({ millis }) => millis)), 6_000 + 1_500)
        })
    )

    it.effect("survive that the server takes no writes for a second, as after a failover", () =>
      Effect.gen(function* () {
        const sql = yield* Direct
        const readOnly = (isOn: boolean) =>
          Effect.zipRight(
            sql.unsafe(`ALTER SYSTEM SET default_transaction_read_only = ${isOn}`),
            sql`SELECT pg_reload_conf()`
          )
        yield* survives(
          readOnly(true).pipe(
            Effect.zipRight(Effect.sleep("1 second")),
            Effect.zipRight(readOnly(false))
          )
        )
      })
    )

    it.effect("survive that answers are lost after the statement has taken effect", () =>
      Effect.gen(function* () {
        const { cutBefore, stats } = yield* FaultProxy
        const answered = (message: { readonly type: string; readonly text: string }) =>
          message.type === "C" && message.text.startsWith("SELECT")
        const lose = Effect.flatMap(stats, (before) =>
          Effect.zipRight(
            cutBefore("toClient", answered),
            Effect.repeat(Effect.delay(stats, "10 millis"), {
              until: ({ cuts }) => cuts > before.cuts
            })
          )
        )
        yield* nothingLost(yield* signUpsWhile(Effect.repeatN(lose, 9)))
      })
    )
  }
)
