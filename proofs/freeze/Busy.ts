import * as Reactivity from "@effect/experimental/Reactivity"
import { Effect } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { proof } from "../../src/sql/session/Introduction.ts"
import { FaultProxy } from "../../src/testing/index.ts"
import type { Server } from "./Freezing.ts"

/** How often busy connections were asked whether they are alive. */
export interface Busy {
  readonly statements: number
  readonly probes: number
}

const workers = 10

/** Runs so many statements on busy connections, and counts at the proxy what was sent to probe them. */
export const probesWhileBusy = ({ address, url }: Server, statements: number) =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy.make({ upstream: address })
    let probes = 0
    yield* proxy.cutBefore("toServer", ({ text }) => {
      if (text === proof) probes += 1
      return false
    })
    const sql = yield* PgClient.make({ url: proxy.url(url), maxConnections: workers })
    const share = Effect.replicateEffect(sql`SELECT 2`, statements / workers, { discard: true })
    yield* Effect.replicateEffect(share, workers, { concurrency: "unbounded", discard: true })
    return { statements, probes } satisfies Busy
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
