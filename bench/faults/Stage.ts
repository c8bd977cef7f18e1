import { Effect, type Scope } from "effect"
import { ProofDatabase } from "../../proofs/ProofDatabase.ts"
import { EmbeddedPostgres, FaultProxy, type FaultProxyError } from "../../src/testing/index.ts"
import { commitMatcher } from "./CommitMessage.ts"

/**
 * No unique constraint: a sign-up that ran twice is there twice, and not hidden behind a violation.
 */
export const tables = `
  CREATE TABLE accounts (id uuid NOT NULL, email text NOT NULL);
  CREATE INDEX ON accounts (id);
  CREATE TABLE sessions (id uuid NOT NULL, account_id uuid NOT NULL);
  CREATE INDEX ON sessions (account_id);`

/** Everything that one contestant meets, and what can be done to it. */
export interface Stage {
  readonly database: ProofDatabase["Type"]
  readonly server: EmbeddedPostgres["Type"]
  readonly proxy: FaultProxy["Type"]
  /** Makes the proxy faithful again. */
  readonly heal: Effect.Effect<void>
  /** Resets the connection on which the next COMMIT travels, in front of it. */
  readonly cutCommit: Effect.Effect<void>
}

/** A server and a proxy in front of it. */
export const makeStage: Effect.Effect<
  Stage,
  FaultProxyError,
  ProofDatabase | EmbeddedPostgres | Scope.Scope
> = Effect.gen(function* () {
  const database = yield* ProofDatabase
  const proxy = yield* FaultProxy.make({ upstream: database.address })
  const isCommit = commitMatcher()
  const watch = Effect.suspend(() =>
    proxy.cutBefore("toServer", (message) => isCommit(message) && false)
  )
  yield* watch
  return {
    database,
    server: yield* EmbeddedPostgres,
    proxy,
    heal: Effect.zipRight(proxy.heal, watch),
    cutCommit: Effect.suspend(() => proxy.cutBefore("toServer", isCommit))
  }
})
