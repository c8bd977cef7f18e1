import { Config, ConfigError, Either } from "effect"
import { parseOrigins } from "./Cors.ts"

const NO_ORIGINS: ReadonlySet<string> = new Set()

/** Pages of which other origins may use the service: `CORS_ORIGINS`, by default none. */
const corsOrigins = Config.string("CORS_ORIGINS").pipe(
  Config.mapOrFail((text) =>
    Either.mapLeft(parseOrigins(text), (sentence) =>
      ConfigError.InvalidData(["CORS_ORIGINS"], sentence)
    )
  ),
  Config.withDefault(NO_ORIGINS)
)

const MOST_HOPS = 16

/** How many proxies stand in front: `TRUST_PROXY`, by default none. */
const trustedHops = Config.integer("TRUST_PROXY").pipe(
  Config.mapOrFail((hops) =>
    hops >= 0 && hops <= MOST_HOPS
      ? Either.right(hops)
      : Either.left(
          ConfigError.InvalidData(
            ["TRUST_PROXY"],
            `must be the number of proxies in front of the service, 0 to ${MOST_HOPS}`
          )
        )
  ),
  Config.withDefault(0)
)

/** What the HTTP floor takes from the environment. */
export const httpEnvironment = Config.all({ corsOrigins, trustedHops })
