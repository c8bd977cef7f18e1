import { randomUUID } from "node:crypto"
import * as Reactivity from "@effect/experimental/Reactivity"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, type Scope } from "effect"
import { PgClient } from "../src/sql/index.ts"
import { FaultProxy, type FaultProxyError } from "../src/testing/index.ts"
import type { Cut, Series, Stage } from "./Cut.ts"
import { ProofDatabase } from "./ProofDatabase.ts"
import { formOf, newSignUp } from "./SignUp.ts"

/** A client of one connection, and the proxy that is all it sees of the server. */
export interface ProxiedClient {
  readonly sql: SqlClient
  readonly proxy: FaultProxy["Type"]
  /** By which the server knows its sessions, and those of no other client. */
  readonly applicationName: string
  /** Whether the client has asked what became of a transaction. */
  readonly hasAsked: () => boolean
}

/** Sees every message on its way to the server, and cuts at none. */
const watchForQuestions = (proxy: FaultProxy["Type"]) => {
  let asked = false
  const watch = proxy.cutBefore("toServer", ({ text }) => {
    asked ||= text.includes("pg_xact_status")
    return false
  })
  return Effect.as(watch, () => asked)
}

/** A faithful proxy, and a client behind it that is connected, unless it is lazy. */
export const proxiedClient = (options: {
  readonly isLazy: boolean
}): Effect.Effect<ProxiedClient, SqlError | FaultProxyError, ProofDatabase | Scope.Scope> =>
  Effect.gen(function* () {
    const { address, url } = yield* ProofDatabase
    const proxy = yield* FaultProxy.make({ upstream: address })
    const hasAsked = yield* watchForQuestions(proxy)
    const applicationName = `ledger ${randomUUID()}`
    const sql = yield* PgClient.make({
      url: proxy.url(url),
      applicationName,
      lazy: options.isLazy,
      minConnections: options.isLazy ? 0 : 1,
      maxConnections: 1
    })
    return { sql, proxy, applicationName, hasAsked }
  }).pipe(Effect.provide(Reactivity.layer))

/** How many have signed up on the connection before. */
const earlier: Readonly<Record<Stage, number>> = { connecting: 0, fresh: 0, preparing: 1, warm: 2 }

const signUpSomebodyElse = ({ sql }: ProxiedClient, { form }: Series) =>
  Effect.flatMap(newSignUp, (signUp) => formOf[form].run(sql, signUp, Effect.void))

/** A client in front of the first byte of a series. */
export const clientFor = (series: Series) =>
  Effect.tap(proxiedClient({ isLazy: series.stage === "connecting" }), (client) =>
    Effect.replicateEffect(signUpSomebodyElse(client, series), earlier[series.stage])
  )

/** Orders the cut. A lazy client has no connection yet, so it is the next one that is cut. */
export const arm = ({ proxy }: ProxiedClient, { direction, ending, offset, series }: Cut) =>
  proxy.cutAt(direction, offset, series.stage === "connecting" ? "next" : "open", ending)
