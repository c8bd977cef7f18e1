import { readFileSync } from "node:fs"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer, type Redacted } from "effect"
import {
  Accounts,
  Letters,
  Outbox,
  Passwords,
  Sessions,
  type SessionsOptions,
  Throttle
} from "../../src/auth/index.ts"
import { Server, type ServerOptions } from "../../src/http/Server.ts"
import { PgClient } from "../../src/sql/index.ts"
import { MemoryMailer } from "../../src/testing/index.ts"
import { ProofDatabase, visitor } from "../ProofDatabase.ts"

/** The tables of the service, for {@link ProofDatabase}. */
export const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

/** Has the service's role delete as well: other proofs have nothing to delete. */
export const grantDelete = Effect.flatMap(ProofDatabase, ({ direct }) =>
  direct.unsafe(`GRANT DELETE ON ALL TABLES IN SCHEMA public TO ${visitor}`)
)

/** What a proof changes of the service. */
export interface AuthServiceOptions {
  readonly url: Redacted.Redacted<string>
  readonly server?: Omit<ServerOptions, "port">
  readonly sessions?: SessionsOptions
  /** Default: as in production. */
  readonly passwords?: Layer.Layer<Passwords>
  /** Default: none, since everybody here comes from one address. */
  readonly throttle?: Layer.Layer<Throttle, never, SqlClient>
}

/** The whole service on a free port, as `main.ts` composes it, with letters that are kept in memory. */
export const authService = ({
  passwords = Passwords.layer(),
  server,
  sessions,
  throttle = Throttle.off,
  url
}: AuthServiceOptions) => {
  const outbox = Outbox.layer(Letters.deliver())
  return Server.layer({ ...server, port: 0 }).pipe(
    Layer.provide(
      Layer.merge(
        Layer.provide(Accounts.layer(), [passwords, throttle, outbox]),
        Sessions.layer(sessions)
      )
    ),
    Layer.provideMerge(MemoryMailer.layer),
    Layer.provide(PgClient.layer({ url, lazy: true }))
  )
}
