import { assert, it, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { catalogue, prometheusName } from "../../src/telemetry/Catalogue.ts"
import { fakeFloors, serviceOver } from "../http/fakeService.ts"
import { bearer, send } from "../http/Service.ts"
import { debianProgram } from "../support/DebianProgram.ts"
import { canary, parent, trace } from "./BusyDay.ts"
import { protoc } from "./OtlpReceiver.ts"
import { attributes, fieldNames, type Message, messages, text } from "./ProtoText.ts"
import { metricsToken, otlpKey, Receiver, Secrets, watchedService } from "./WatchedService.ts"

const promtool = debianProgram("promtool", "prometheus")

const scraped = Effect.map(send("/metrics", bearer(metricsToken)), ({ text }) => text)

const hex = (bytes: string) => Buffer.from(bytes, "latin1").toString("hex")

const nameOf = (message: Message) => text(message, "name")

/** Dies, and says how to install it, where it is missing. */
const protocThere = Effect.sync(() => protoc.run(["--version"], ""))

/** Deliveries come a tenth of a second later. */
const eventually = <A, R>(question: Effect.Effect<A, unknown, R>) =>
  question.pipe(
    Effect.retry(Schedule.spaced("100 millis")),
    Effect.timeout("5 seconds"),
    (answer) => Effect.zipRight(protocThere, answer)
  )

/** The spans of the sign-up's trace, once its last has come. */
const signUp = eventually(
  Effect.flatMap(Receiver, ({ spans }) =>
    Effect.try(() => {
      const mine = spans().filter((span) => hex(text(span, "trace_id")) === trace)
      const root = mine.find((span) => hex(text(span, "parent_span_id")) === parent)
      assert.isDefined(root)
      return { root, spans: mine }
    })
  )
)

const childrenOf = (spans: ReadonlyArray<Message>, of: Message | undefined, name: string) =>
  spans.filter(
    (span) => nameOf(span) === name && text(span, "parent_span_id") === text(of, "span_id")
  )

layer(watchedService, { excludeTestServices: true })("a service that is watched", (it) => {
  const byPromtool = it.scoped.skipIf(promtool.isSkipped)
  const byProtoc = it.scoped.skipIf(protoc.isSkipped)

  byPromtool(
    promtool.title("has metrics that Prometheus reads, and promtool finds nothing to complain of"),
    () =>
      Effect.gen(function* () {
        assert.strictEqual(promtool.run(["check", "metrics"], yield* scraped), "")
        assert.throws(() => promtool.run(["check", "metrics"], 'a{b="} 1\n'))
      })
  )

  it.scoped("has metrics that say what happened, under names and labels of the catalogue", () =>
    Effect.gen(function* () {
      const lines = (yield* scraped).split("\n")
      const count = (start: string) =>
        Number(
          lines
            .find((line) => line.startsWith(start))
            ?.split(" ")
            .at(-1)
        )
      const auth = (event: string, outcome: string) =>
        count(`holdfast_auth_events_total{auth_event="${event}",auth_outcome="${outcome}"}`)
      assert.isAtLeast(auth("sign-up", "done"), 1)
      assert.isAtLeast(auth("sign-up", "EmailTaken"), 1)
      assert.isAtLeast(auth("sign-in", "InvalidCredentials"), 1)
      assert.isAtLeast(auth("sign-out", "done"), 1)
      assert.isAtLeast(auth("email-proof", "TokenInvalid"), 1)
      const letters = (outcome: string) =>
        count(
          `holdfast_auth_letters_total{auth_letter_purpose="verify-email",auth_letter_outcome="${outcome}"}`
        )
      assert.isAtLeast(letters("delivered"), 1)
      // Known before the first one. Other tests of this process may have counted some.
      assert.isAtLeast(letters("given-up"), 0)
      assert.isAtLeast(count('db_client_commits_resolved_total{db_commit_outcome="unknown"}'), 0)
      assert.isAtLeast(count("db_client_replays_total"), 0)
      assert.isAtLeast(count("process_memory_usage_bytes"), 1e7)
      assert.include(lines.join("\n"), 'http_route="/auth/signup",http_response_status_code="201"')
      const known = new Map(
        Object.entries(catalogue).map(([name, { labels }]) => [
          prometheusName(name),
          new Set(Object.keys(labels).map((label) => label.replaceAll(".", "_")))
        ])
      )
      for (const line of lines.filter((each) => !/^(#|target_info|$)/.test(each))) {
        const [, name = ""] = /^(\w+)/.exec(line) ?? []
        const family = [...known.keys()].find((each) => name.startsWith(each))
        assert.isDefined(family, line)
        for (const [, label = ""] of line.matchAll(/(\w+)="/g)) {
          assert.isTrue(label === "le" || known.get(family ?? "")?.has(label), line)
        }
      }
    })
  )

  it.scoped("shows them to whoever has the token, and to nobody else", () =>
    Effect.gen(function* () {
      for (const init of [{}, bearer("wr0ng"), bearer(`${metricsToken}x`), bearer("")]) {
        const { status, text } = yield* send("/metrics", init)
        assert.strictEqual(status, 401)
        assert.notInclude(text, "http_server")
      }
      const { json } = yield* send("/openapi.json")
      assert.notInclude(JSON.stringify(json), "/metrics")
    })
  )

  byProtoc(
    protoc.title(
      "joins in a trace a request, what it asked of accounts, its statements and their acquires"
    ),
    () =>
      Effect.gen(function* () {
        const { root, spans } = yield* signUp
        assert.strictEqual(nameOf(root), "POST /auth/signup")
        assert.strictEqual(text(root, "kind"), "SPAN_KIND_SERVER")
        assert.strictEqual(attributes(root)["http.response.status_code"], "201")
        const [account] = childrenOf(spans, root, "Accounts.signUp")
        const [statement] = childrenOf(spans, account, "sql.execute")
        assert.include(attributes(statement ?? {})["db.query.text"], "insert into users")
        const [acquire] = childrenOf(spans, statement, "Pool.acquire")
        const said = attributes(acquire ?? {})
        const waits =
          /^(nothing|dial|validation|turn of the event loop|connection of another caller)$/
        assert.match(said["db.client.connection.waited_for"] ?? "", waits)
        assert.strictEqual(said["db.client.connection.callers_before"], "0")
      })
  )

  byProtoc(
    protoc.title("delivers what OpenTelemetry's definitions know, metrics with their units"),
    () =>
      Effect.gen(function* () {
        const { deliveries, metrics, spans } = yield* Receiver
        const delivered = yield* eventually(
          Effect.try(() => {
            const found = metrics()
            assert.isNotEmpty(found.filter((each) => nameOf(each) === "process.memory.usage"))
            return found
          })
        )
        for (const name of [...spans(), ...delivered].flatMap(fieldNames)) {
          assert.notMatch(name, /^\d+$/)
        }
        for (const metric of delivered) {
          assert.strictEqual(text(metric, "unit"), catalogue[nameOf(metric)]?.unit, nameOf(metric))
        }
        const duration = delivered.find((each) => nameOf(each) === "http.server.request.duration")
        const [histogram] = messages(duration, "histogram")
        const [point] = messages(histogram, "data_points")
        const buckets = (point?.bucket_counts ?? []).map(Number)
        assert.strictEqual(buckets.length, (point?.explicit_bounds ?? []).length + 1)
        assert.strictEqual(
          buckets.reduce((sum, each) => sum + each, 0),
          Number(text(point, "count"))
        )
        assert.strictEqual(deliveries[0]?.headers["x-key"], otlpKey)
      })
  )

  byProtoc(
    protoc.title("has a refusal as an error without its words, and no trace of health checks"),
    () =>
      Effect.gen(function* () {
        yield* signUp
        const { spans } = yield* Receiver
        const refused = yield* eventually(
          Effect.fromNullable(
            spans().find(
              (span) =>
                nameOf(span) === "Accounts.signIn" &&
                text(messages(span, "status")[0], "code") === "STATUS_CODE_ERROR"
            )
          )
        )
        const [event] = messages(refused, "events")
        assert.strictEqual(attributes(event ?? {})["exception.type"], "InvalidCredentials")
        assert.isUndefined(attributes(refused)["status.interrupted"])
        assert.isEmpty(spans().filter((span) => /health|metrics/.test(nameOf(span))))
      })
  )

  byProtoc(protoc.title("delivers and shows nothing secret"), () =>
    Effect.gen(function* () {
      yield* signUp
      const { deliveries, spans } = yield* Receiver
      yield* eventually(
        Effect.fromNullable(spans().find((span) => nameOf(span) === "a failing statement"))
      )
      const bodies = deliveries.map(({ body }) => body.toString("latin1"))
      const seen = [...bodies, yield* scraped].join("\n")
      for (const secret of [...(yield* Secrets), canary, metricsToken, otlpKey]) {
        assert.notInclude(seen, secret)
      }
    })
  )
})

it.scopedLive("without a token there is no /metrics, as there is no other path", () =>
  Effect.gen(function* () {
    const { json, status } = yield* send("/metrics", bearer(metricsToken))
    const other = yield* send("/nothing")
    assert.deepStrictEqual([status, json], [other.status, other.json])
  }).pipe(Effect.provide(serviceOver(fakeFloors)))
)
