import { readFileSync } from "node:fs"
import { Layer, type Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Sessions, type SessionsOptions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { Server } from "../../src/http/Server.ts"
import { ensureSchema, PgClient } from "../../src/sql/index.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

/** The whole service on a free port, over the database at an address, as `main.ts` composes it. */
export const runningService = (
  url: Redacted.Redacted<string>,
  options: { readonly sessions?: SessionsOptions } = {}
) =>
  Server.layer({ port: 0 }).pipe(
    Layer.provide(
      Layer.merge(
        Layer.provide(Accounts.layer(), [Passwords.layer(), Throttle.off, Outbox.off]),
        Sessions.layer(options.sessions)
      )
    ),
    Layer.provideMerge(PgClient.layer({ url, lazy: true, initialize: ensureSchema(schema) }))
  )
