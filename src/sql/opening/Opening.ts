import { Effect } from "effect"
import * as pg from "pg"
import type { Loss } from "../../pool/Connection.ts"
import type { ConnectError } from "../../pool/PoolError.ts"
import { undertaking } from "../../runtime/Undertaking.ts"
import { PgConnection } from "../session/PgConnection.ts"
import { destroy } from "../session/SessionEnd.ts"
import type { SessionSettings } from "../session/SessionSettings.ts"
import { connectError } from "./connectError.ts"
import type { Dial } from "./Dial.ts"
import { shielded } from "./shielded.ts"

const nothing = (): void => undefined

/** Opens a session. Interrupting it drops the socket. `onSign` learns of the server's first byte. */
export const open = (
  { Driver = pg.Client, config }: Dial,
  settings: SessionSettings,
  onLoss: (loss: Loss) => void,
  onSign: () => void = nothing
): Effect.Effect<PgConnection, ConnectError> =>
  Effect.flatMap(
    Effect.try({ try: () => shielded(new Driver(config)), catch: connectError }),
    (client) =>
      undertaking((resume) => {
        client.connection.stream.once("data", onSign)
        const connection = new PgConnection({ client, config, onLoss }, settings)
        client.connect((cause: unknown) => {
          if (cause) {
            destroy(client)
            resume(Effect.fail(connectError(cause)))
          } else {
            resume(Effect.sync(() => connection.watch()))
          }
        })
        return Effect.sync(() => destroy(client))
      })
  )

/** Borrows a session from somebody else's pool; closing it gives it back, unless it is spoilt. */
export const borrow = (
  pool: pg.Pool,
  settings: SessionSettings,
  onLoss: (loss: Loss) => void
): Effect.Effect<PgConnection, ConnectError> =>
  undertaking((resume) => {
    let isWanted = true
    let taken: PgConnection | undefined
    pool.connect((cause, client, release) => {
      if (client === undefined) return resume(Effect.fail(connectError(cause)))
      if (!isWanted) return release()
      // Now, not when the fiber goes on: from here on nobody else hears the client's errors.
      const opened = { client, config: pool.options, onLoss, release }
      taken = new PgConnection(opened, settings).watch()
      resume(Effect.succeed(taken))
    })
    return Effect.sync(() => {
      isWanted = false
      taken?.end.abandon("nobody wanted it any more")
    })
  })
