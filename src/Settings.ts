import { Config, Effect } from "effect"
import * as SettingsInvalid from "./settings/SettingsInvalid.ts"
import * as Variable from "./settings/Variable.ts"
import { databaseVariables, poolVariables } from "./sql/environment.ts"

const database = {
  ...databaseVariables,
  migrate: Variable.choice("DB_MIGRATE", {
    meaning: "whether missing tables are created on the first connection",
    options: ["on", "off"],
    fallback: "on"
  })
}

const service = {
  host: Variable.text("HOST", {
    meaning: "the address to listen on; 0.0.0.0 for all that the machine has",
    fallback: "127.0.0.1"
  }),
  port: Variable.integer("PORT", {
    meaning: "the port to listen on; 0 picks a free one",
    min: 0,
    max: 65_535,
    fallback: 8000
  }),
  drainDelay: Variable.duration("DRAIN_DELAY", {
    meaning:
      "how long the service still accepts once /health/ready says 503: longer than load balancers take to notice",
    min: "0 seconds",
    max: "10 minutes",
    fallback: "0 seconds"
  }),
  drainDeadline: Variable.duration("DRAIN_DEADLINE", {
    meaning: "how long requests may go on after that",
    min: "0 seconds",
    max: "10 minutes",
    fallback: "10 seconds"
  }),
  mode: Variable.text("NODE_ENV", {
    meaning: "production: neither an embedded server nor the file .env is used",
    fallback: "development"
  })
}

/** Everything that the environment can set, in the order in which it is documented. */
export const variables = { service, database, pool: poolVariables }

/** What the service was told, complete: where nothing was said the defaults count. */
export type Settings = Config.Config.Success<typeof config>

const config = Config.all({
  service: Config.all(service),
  database: Config.all(database),
  pool: Config.all(poolVariables)
})

/** Reads the environment as a whole. Fails with one `SettingsInvalid` that names all that is wrong. */
export const load: Effect.Effect<Settings, SettingsInvalid.SettingsInvalid> = Effect.mapError(
  config,
  SettingsInvalid.fromConfigError
)
