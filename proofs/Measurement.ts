import { Effect } from "effect"
import type { FaultProxy } from "../src/testing/index.ts"
import type { Series } from "./Cut.ts"
import type { Bytes, Exchange } from "./Plan.ts"
import { clientFor, proxiedClient } from "./ProxiedClient.ts"
import { formOf, newSignUp } from "./SignUp.ts"

const passed = ({ stats }: FaultProxy["Type"]): Effect.Effect<Bytes> =>
  Effect.map(stats, ({ bytesToClient, bytesToServer }) => ({
    toServer: bytesToServer,
    toClient: bytesToClient
  }))

const difference = (after: Bytes, before: Bytes): Bytes => ({
  toServer: after.toServer - before.toServer,
  toClient: after.toClient - before.toClient
})

const connection = Effect.flatMap(proxiedClient({ isLazy: false }), ({ proxy }) => passed(proxy))

const signUpOn = (series: Series) =>
  Effect.gen(function* () {
    const { proxy, sql } = yield* clientFor(series)
    const before = yield* passed(proxy)
    let opened = before
    const begun = Effect.map(passed(proxy), (bytes) => {
      opened = bytes
    })
    yield* formOf[series.form].run(sql, yield* newSignUp, begun)
    const after = yield* passed(proxy)
    return { opening: difference(opened, before), total: difference(after, before) }
  })

/** Counts the bytes of one undisturbed run of a series. */
export const measure = (series: Series) =>
  (series.stage === "connecting"
    ? Effect.map(connection, (bytes) => ({ opening: bytes, total: bytes }))
    : signUpOn(series)
  ).pipe(
    Effect.map((bytes): Exchange => ({ series, ...bytes })),
    Effect.scoped
  )
