import * as Options from "@effect/cli/Options"
import { Config, Effect, Option, type Redacted } from "effect"
import * as SettingsInvalid from "../settings/SettingsInvalid.ts"
import { parseUrl } from "../sql/opening/DatabaseUrl.ts"
import { databaseVariables, poolVariables } from "../sql/opening/DatabaseVariables.ts"
import { WrongUse } from "./Outcome.ts"

/** `--url`, which goes before the environment. */
export const urlOption = Options.redacted("url").pipe(Options.optional)

export const jsonOption = Options.boolean("json")

const environment = Config.all({
  database: Config.all(databaseVariables),
  pool: Config.all(poolVariables)
})

const missing = new WrongUse({
  message: "No database is named: set NEON_DB_URL or DATABASE_URL, or give its address with --url."
})

/** Which database a command is about, and the settings of its pool. */
export const target = (option: Option.Option<Redacted.Redacted>) =>
  Effect.gen(function* () {
    const { database, pool } = yield* Effect.mapError(environment, SettingsInvalid.fromConfigError)
    const url = Option.getOrUndefined(option) ?? database.neonDbUrl ?? database.databaseUrl
    if (url === undefined) return yield* missing
    const { host, port, tls } = yield* Effect.mapError(
      parseUrl(url),
      ({ message }) => new WrongUse({ message })
    )
    const address = { host: host ?? "localhost", port: port ?? 5432, isDirectTls: tls.isDirect }
    return { url, pool, address }
  })

/** See {@link target}. */
export type Target = Effect.Effect.Success<ReturnType<typeof target>>
