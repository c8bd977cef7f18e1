import * as Reactivity from "@effect/experimental/Reactivity"
import { SqlClient } from "@effect/sql/SqlClient"
import { Context, Duration, Effect, Layer, Random } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/index.ts"
import { ProofDatabase } from "../ProofDatabase.ts"
import type { Network } from "./Interruption.ts"
import { makeWitness, type Witness } from "./Witness.ts"

/** A network, the client on it that is interrupted, and another that is only near. */
export interface Stage {
  readonly network: Network
  readonly sql: SqlClient
  readonly pool: Pool["Type"]
  readonly max: number
  /** By which the server knows the sessions of the two. */
  readonly applicationName: string
  readonly bystander: SqlClient
  readonly witness: Witness
  /** What the network does to connections, again and again. */
  readonly weather: Effect.Effect<never>
  readonly heal: Effect.Effect<void>
  /** The network loses answers: innocents that may run twice are replayed. */
  readonly losesAnswers: boolean
}

/** As many as are interrupted at a time; with the innocents somebody often waits. */
const max = 8

const between = (least: number, most: number) =>
  Effect.flatMap(Random.nextIntBetween(least, most), (millis) =>
    Effect.sleep(Duration.millis(millis))
  )

const calm = Effect.never

const weatherOf = (network: Network, proxy: FaultProxy["Type"]): Effect.Effect<never> => {
  switch (network) {
    case "resets":
      return Effect.forever(Effect.zipRight(between(20, 200), proxy.resetAll))
    case "blackhole":
      return Effect.forever(
        between(100, 200).pipe(
          Effect.zipRight(proxy.blackhole),
          Effect.zipRight(between(200, 400)),
          Effect.zipRight(proxy.heal)
        )
      )
    default:
      return calm
  }
}

/** Each way. On the slow one no cancel is confirmed in time: it takes a trip there and one back. */
const latencies: Partial<Record<Network, string & Duration.DurationInput>> = {
  latency: "10 millis",
  slow: "60 millis"
}

const networkOf = (network: Network) =>
  Effect.gen(function* () {
    const { address, url } = yield* ProofDatabase
    if (network === "direct") return { url, weather: calm, heal: Effect.void }
    const proxy = yield* FaultProxy.make({ upstream: address })
    yield* proxy.latency(latencies[network] ?? 0)
    return { url: proxy.url(url), weather: weatherOf(network, proxy), heal: proxy.heal }
  })

/** Sets up a network and both clients, for as long as the scope. */
export const makeStage = (network: Network) =>
  Effect.gen(function* () {
    const { url } = yield* ProofDatabase
    const { url: through, ...around } = yield* networkOf(network)
    const witness = makeWitness()
    const applicationName = `interrupts, ${network}`
    const own = { applicationName, maxConnections: max, minConnections: max, lazy: false }
    const context = yield* Layer.build(
      PgClient.layer({ ...own, url: through, driver: witness.driver })
    )
    const bystander = yield* PgClient.make({ url, applicationName, maxConnections: 3 })
    return {
      network,
      sql: Context.get(context, SqlClient),
      pool: Context.get(context, Pool),
      max,
      applicationName,
      bystander,
      witness,
      ...around,
      losesAnswers: network === "resets" || network === "blackhole"
    } satisfies Stage
  }).pipe(Effect.provide(Reactivity.layer))
