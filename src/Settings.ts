import { Config, Effect, Either, Option } from "effect"
import { parsePublicUrl } from "./auth/PublicUrl.ts"
import { parseOrigins } from "./http/Cors.ts"
import { parseMailbox } from "./mail/Mailbox.ts"
import * as SettingsInvalid from "./settings/SettingsInvalid.ts"
import * as Variable from "./settings/Variable.ts"
import { databaseVariables, poolVariables } from "./sql/environment.ts"

/** Far too many to be guessed, one try after another, where wrong ones are slowed down. */
const LEAST_ADMIN_TOKEN = 16

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
  trustedHops: Variable.integer("TRUST_PROXY", {
    meaning: "how many proxies in front of the service are believed when they say who asks",
    min: 0,
    max: 16,
    fallback: 0
  }),
  corsOrigins: Variable.parsed("CORS_ORIGINS", {
    meaning: "pages of which other origins may use the service, also with the session's cookie",
    allowed: 'exact origins with commas between, such as "https://app.example.com"',
    read: (text) => Either.getRight(parseOrigins(text))
  }),
  adminToken: Variable.secret("ADMIN_TOKEN", {
    meaning: "what opens the dashboard at /admin",
    allowed: "a secret of at least 16 characters",
    otherwise: "there is no dashboard",
    read: (text) => (text.length >= LEAST_ADMIN_TOKEN ? Option.some(text) : Option.none())
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

const auth = {
  signUp: Variable.choice("AUTH_SIGN_UP", {
    meaning:
      "what a sign-up is answered: a session at once, or the same for everybody, and a letter decides",
    options: ["immediate", "verify-first"],
    fallback: "immediate"
  }),
  throttle: Variable.choice("AUTH_THROTTLE", {
    meaning: "whether tries are limited; off is for benchmarks and tests",
    options: ["on", "off"],
    fallback: "on"
  }),
  minPasswordLength: Variable.integer("PASSWORD_MIN_LENGTH", {
    meaning: "the fewest characters of a new password; NIST SP 800-63B-4 asks for 15",
    min: 8,
    max: 64,
    fallback: 8
  }),
  breachedPasswords: Variable.choice("PASSWORD_BREACH_CHECK", {
    meaning: "who is asked, by a part of a digest, whether a new password has leaked",
    options: ["off", "haveibeenpwned"],
    fallback: "off"
  }),
  sessionIdle: Variable.duration("SESSION_IDLE", {
    meaning: "how long a session lives without use",
    min: "1 minute",
    max: "365 days",
    fallback: "1 day"
  }),
  sessionLifetime: Variable.duration("SESSION_LIFETIME", {
    meaning: "how long a session lives at most",
    min: "1 minute",
    max: "365 days",
    fallback: "30 days"
  })
}

const mail = {
  publicUrl: Variable.parsed("PUBLIC_URL", {
    meaning: "where the front end is: links in letters begin with it",
    allowed: 'an address like "https://app.example.com", http only for localhost',
    read: (text) => Either.getRight(parsePublicUrl(text)),
    otherwise: "letters have codes instead of links"
  }),
  smtpUrl: Variable.secret("SMTP_URL", {
    meaning: "the mail server",
    allowed: 'an address like "smtps://user:password@smtp.example.com"',
    otherwise: "letters are shown in the log on an embedded server, and not written elsewhere"
  }),
  from: Variable.parsed("MAIL_FROM", {
    meaning: "who letters are from; needed with SMTP_URL",
    allowed: "name@example.com or Name <name@example.com>",
    read: (text) => Option.as(Option.fromNullable(parseMailbox(text)), text)
  })
}

const database = {
  ...databaseVariables,
  migrate: Variable.choice("DB_MIGRATE", {
    meaning: "whether missing tables are created on the first connection",
    options: ["on", "off"],
    fallback: "on"
  })
}

/** Everything that the environment can set, in the order in which it is documented. */
export const variables = { service, database, pool: poolVariables, auth, mail }

/** What the service was told, complete: where nothing was said the defaults count. */
export type Settings = Config.Config.Success<typeof config>

const config = Config.all({
  service: Config.all(service),
  database: Config.all(database),
  pool: Config.all(poolVariables),
  auth: Config.all(auth),
  mail: Config.all(mail)
})

/** Nobody named a database, and outside production one is started. */
export const isEmbedded = ({ database: { databaseUrl, neonDbUrl }, service }: Settings): boolean =>
  neonDbUrl === undefined && databaseUrl === undefined && service.mode !== "production"

/** What is wrong although each value by itself is not. */
const contradictions = (settings: Settings): ReadonlyArray<string> => {
  const { auth, mail, pool } = settings
  const isMailless = mail.smtpUrl === undefined && !isEmbedded(settings)
  return [
    ...(pool.minConnections > pool.maxConnections
      ? ["DB_POOL_MIN must not be more than DB_POOL_MAX"]
      : []),
    ...(mail.smtpUrl !== undefined && mail.from === undefined
      ? ["MAIL_FROM must be set, because SMTP_URL is"]
      : []),
    ...(auth.signUp === "verify-first" && isMailless
      ? ["SMTP_URL must be set, because AUTH_SIGN_UP is verify-first and needs letters"]
      : [])
  ]
}

/** Reads the environment as a whole. Fails with one `SettingsInvalid` that names all that is wrong. */
export const load: Effect.Effect<Settings, SettingsInvalid.SettingsInvalid> = config.pipe(
  Effect.mapError(SettingsInvalid.fromConfigError),
  Effect.filterOrElse(
    (settings) => contradictions(settings).length === 0,
    (settings) => Effect.fail(SettingsInvalid.fromProblems(contradictions(settings)))
  )
)
