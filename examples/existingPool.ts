import { Effect } from "effect"
import { PgClient } from "holdfast"
import pg from "pg"

/** A client over a `pg.Pool` that other code uses, too; whoever made the pool ends it. */
export const clientOver = (pool: pg.Pool) =>
  PgClient.layerFromPool({ acquire: Effect.succeed(pool) })

/** Over one that is made for it, and ended with it. */
export const ownPool = (connectionString: string) =>
  PgClient.layerFromPool({
    acquire: Effect.acquireRelease(
      Effect.sync(() => new pg.Pool({ connectionString, max: 5 })),
      (pool) => Effect.promise(() => pool.end())
    )
  })
