import { Effect, Redacted, Scope } from "effect"
import type { FaultProxy } from "../../src/testing/index.ts"
import { startService } from "../../test/support/ServiceProcess.ts"
import type { RoundRobin } from "../service/RoundRobin.ts"

/** What all instances are told. */
export interface FleetOptions {
  /** The way of each instance to the database. */
  readonly proxies: ReadonlyArray<FaultProxy["Type"]>
  readonly database: Redacted.Redacted<string>
  readonly balancer: RoundRobin
  readonly env: Readonly<Record<string, string>>
}

type Service = Effect.Effect.Success<ReturnType<typeof startService>>

/** Instances of the service behind a balancer, each with its own way to one database. */
export interface Fleet {
  /** Addresses of those that run now. */
  readonly urls: () => ReadonlyArray<string>
  /** Ends an instance by a signal, and starts another in its place once it has ended. */
  readonly replace: (index: number, signal: NodeJS.Signals) => Effect.Effect<void>
}

/** Starts one instance for each proxy. They end with the scope. */
export const fleet = ({
  balancer,
  database,
  env,
  proxies
}: FleetOptions): Effect.Effect<Fleet, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const services = new Map<number, Service>()
    const urls = () => [...services.values()].map(({ url }) => url)

    const start = (proxy: FaultProxy["Type"], index: number) =>
      Effect.gen(function* () {
        const url = Redacted.value(proxy.url(database))
        const service = yield* startService({
          env: { NODE_ENV: "production", DATABASE_URL: url, DB_MIGRATE: "off", ...env }
        })
        yield* service.listening
        services.set(index, service)
        yield* balancer.set(urls())
      }).pipe(Scope.extend(scope))

    const replace = (index: number, signal: NodeJS.Signals) =>
      Effect.gen(function* () {
        const [proxy, service] = [proxies[index], services.get(index)]
        if (proxy === undefined || service === undefined) return
        yield* service.signal(signal)
        yield* service.exit
        yield* start(proxy, index)
      })

    yield* Effect.forEach(proxies, start, { discard: true })
    return { urls, replace }
  })
