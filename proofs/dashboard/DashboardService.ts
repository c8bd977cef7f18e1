import { Layer, Redacted } from "effect"
import * as Admin from "../../src/admin/Admin.ts"
import { Accounts, Outbox, Sessions, Throttle } from "../../src/auth/index.ts"
import { Server } from "../../src/http/Server.ts"
import { PgClient } from "../../src/sql/index.ts"
import { ensureSchema } from "../../test/support/ensureSchema.ts"
import { schema } from "../service/AuthService.ts"
import { cheapHashes } from "../signups/CheapHashes.ts"

/** What opens the dashboard. */
export const adminToken = "a token of a demonstration"

/**
 * The service with its dashboard on a free port, over the database at an address. Passwords are hashed
 * cheaply: hashing is not what is shown.
 */
export const dashboardService = (url: Redacted.Redacted<string>) =>
  Server.layer({ port: 0 }, Admin.layer(Redacted.make(adminToken))).pipe(
    Layer.provide(
      Layer.merge(
        Layer.provide(Accounts.layer(), [cheapHashes, Throttle.off, Outbox.off]),
        Sessions.layer()
      )
    ),
    Layer.provideMerge(PgClient.layer({ url, lazy: true, initialize: ensureSchema(schema) }))
  )
