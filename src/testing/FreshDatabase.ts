import { randomBytes } from "node:crypto"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { type FreshDatabaseError, scopedDatabase } from "./Administration.ts"
import { EmbeddedPostgres } from "./EmbeddedPostgres.ts"

/** Where a fresh database is made. */
export interface FreshDatabaseOptions {
  /** The URL of any database of the server, for a user who may create and drop databases. */
  readonly server: Redacted.Redacted<string>
  /**
   * A database to copy, tables and rows; nobody may be connected to it meanwhile. Copying one with
   * a schema takes some 50 ms, less than most migrations do. Default: an empty one.
   */
  readonly template?: string
}

/**
 * A database of its own, for a test file or a test, for as long as a scope. Its name is new each
 * time. With the scope it is dropped, even if somebody is still connected.
 *
 * So one server, started once in vitest's `globalSetup`, serves all files side by side.
 *
 * @example
 * ```ts
 * const Database = FreshDatabase.layer({ server: Redacted.make(inject("postgresUrl")) })
 * ```
 */
export class FreshDatabase extends Context.Tag("holdfast/testing/FreshDatabase")<
  FreshDatabase,
  {
    /** The server's URL with this database in it. */
    readonly url: Redacted.Redacted<string>
    /** What the server calls it: no other has this name. */
    readonly name: string
  }
>() {
  /** Creates a database. It is dropped when the scope closes. */
  static make(
    options: FreshDatabaseOptions
  ): Effect.Effect<FreshDatabase["Type"], FreshDatabaseError, Scope.Scope> {
    return make(options)
  }

  /** `make` as a Layer. */
  static layer(options: FreshDatabaseOptions): Layer.Layer<FreshDatabase, FreshDatabaseError> {
    return Layer.scoped(FreshDatabase, make(options))
  }

  /** A database on the embedded server. */
  static readonly layerEmbedded: Layer.Layer<FreshDatabase, FreshDatabaseError, EmbeddedPostgres> =
    Layer.scoped(
      FreshDatabase,
      Effect.flatMap(EmbeddedPostgres, ({ url }) => FreshDatabase.make({ server: url }))
    )
}

const make = ({ server, template }: FreshDatabaseOptions) =>
  Effect.gen(function* () {
    const name = `fresh_${randomBytes(8).toString("hex")}`
    yield* scopedDatabase(server, name, template)
    const url = new URL(Redacted.value(server))
    url.pathname = `/${name}`
    return FreshDatabase.of({ url: Redacted.make(url.href), name })
  })
