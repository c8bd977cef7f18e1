/** What there is to know of a metric that Effect's registry does not. */
interface Entry {
  /** In UCUM, as OpenTelemetry writes it. */
  readonly unit: "s" | "By" | "1" | `{${string}}`
  /** Its labels, each with what bounds its values. */
  readonly labels: Readonly<Record<string, string>>
  /** For Prometheus, where the rule would give a name that its conventions do not allow. */
  readonly prometheusName?: string
}

const pool = { "db.client.connection.pool.name": "one for each pool" }

const connection = (suffix: string) => `db.client.connection.${suffix}`

const gauge = (unit: Entry["unit"]): Entry => ({ unit, labels: {} })

/** Every metric of the service, by its name. */
export const catalogue: Readonly<Record<string, Entry>> = {
  [connection("count")]: {
    unit: "{connection}",
    labels: { ...pool, [connection("state")]: "idle, used, connecting" },
    prometheusName: "db_client_connections"
  },
  [connection("max")]: { unit: "{connection}", labels: pool },
  [connection("idle.min")]: { unit: "{connection}", labels: pool },
  [connection("pending_requests")]: { unit: "{request}", labels: pool },
  [connection("timeouts")]: { unit: "{timeout}", labels: pool },
  [connection("refusals")]: {
    unit: "{request}",
    labels: { ...pool, reason: "AcquireTimeout, ConnectError, PoolClosed, QueueFull" }
  },
  [connection("create_time")]: { unit: "s", labels: pool },
  [connection("wait_time")]: { unit: "s", labels: pool },
  [connection("use_time")]: { unit: "s", labels: pool },
  [connection("evictions")]: {
    unit: "{connection}",
    labels: { ...pool, reason: "idle, lifetime, invalid, broken, generation, drain" }
  },
  [connection("retries")]: { unit: "{attempt}", labels: pool },
  [connection("breaker")]: { unit: "1", labels: pool },
  "db.client.replays": { unit: "{replay}", labels: {} },
  "db.client.commits.resolved": {
    unit: "{commit}",
    labels: { "db.commit.outcome": "committed, rolled-back, unknown" }
  },
  "http.server.request.duration": {
    unit: "s",
    labels: {
      "http.request.method": "the usual ones, _OTHER",
      "http.route": "the routes of the service, unknown",
      "http.response.status_code": "statuses of the service, 499: the client has left"
    }
  },
  "http.server.active_requests": {
    unit: "{request}",
    labels: { "http.request.method": "the usual ones, _OTHER" }
  },
  "holdfast.auth.events": {
    unit: "{event}",
    labels: {
      "auth.event": "sign-up, sign-in, sign-out, password-reset and their like",
      "auth.outcome":
        "done, the error's tag (Throttled, InvalidCredentials, ...), interrupted, defect"
    }
  },
  "holdfast.auth.letters": {
    unit: "{letter}",
    labels: {
      "auth.letter.purpose": "verify-email, reset-password and the others of the outbox",
      "auth.letter.outcome": "delivered, failed, given-up"
    }
  },
  "nodejs.eventloop.delay.mean": gauge("s"),
  "nodejs.eventloop.delay.p50": gauge("s"),
  "nodejs.eventloop.delay.p99": gauge("s"),
  "nodejs.eventloop.delay.max": gauge("s"),
  "nodejs.eventloop.utilization": gauge("1"),
  "process.memory.usage": gauge("By"),
  "v8js.memory.heap.used": gauge("By"),
  "process.uptime": gauge("s")
}

/** Whether it is described here. What is not, whatever its labels hold, is not shown to anybody. */
export const isOurs = (name: string): boolean => Object.hasOwn(catalogue, name)

/** The unit of a metric; of one that is not ours, none. */
export const unitOf = (name: string): string => catalogue[name]?.unit ?? "1"

const suffixes: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" }

/** The name by Prometheus's conventions, but for `_total`, which its serializer adds. */
export const prometheusName = (name: string): string => {
  const { prometheusName: own, unit = "1" } = catalogue[name] ?? {}
  return own ?? `${name.replaceAll(/[^A-Za-z0-9_]/g, "_")}${suffixes[unit] ?? ""}`
}

/** The unit as Prometheus writes it, none where the name does not end in it. */
export const prometheusUnit = (name: string): string => (suffixes[unitOf(name)] ?? "").slice(1)
