import { Config, Effect, Either, Option, Redacted } from "effect"
import * as Password from "./auth/Password.ts"
import { parsePublicUrl } from "./auth/PublicUrl.ts"
import { defaultExpiry } from "./auth/SessionExpiry.ts"
import { parseOrigins } from "./http/Cors.ts"
import { serverDefaults } from "./http/ServerDefaults.ts"
import { parseMailbox } from "./mail/Mailbox.ts"
import { parseSmtpUrl } from "./mail/SmtpUrl.ts"
import * as SettingsInvalid from "./settings/SettingsInvalid.ts"
import * as Variable from "./settings/Variable.ts"
import { databaseVariables, poolVariables } from "./sql/opening/DatabaseVariables.ts"
import { parseOtlpEndpoint } from "./telemetry/OtlpEndpoint.ts"
import { parseOtlpHeaders } from "./telemetry/OtlpHeaders.ts"
import { parseRatio } from "./telemetry/Ratio.ts"

const service = {
  host: Variable.text("HOST", {
    meaning: "the address to listen on; 0.0.0.0 for all that the machine has",
    fallback: serverDefaults.host
  }),
  port: Variable.integer("PORT", {
    meaning: "the port to listen on; 0 picks a free one",
    min: 0,
    max: 65_535,
    fallback: serverDefaults.port
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
    mayHoldKey: true,
    read: (text) => Either.getRight(parseOrigins(text))
  }),
  adminToken: Variable.token("ADMIN_TOKEN", {
    meaning: "what opens the dashboard at /admin",
    otherwise: "there is no dashboard"
  }),
  drainDelay: Variable.duration("DRAIN_DELAY", {
    meaning:
      "how long the service still accepts once /health/ready says 503: longer than load balancers take to notice",
    min: "0 seconds",
    max: "10 minutes",
    fallback: serverDefaults.drainDelay
  }),
  drainDeadline: Variable.duration("DRAIN_DEADLINE", {
    meaning: "how long requests may go on after that",
    min: "0 seconds",
    max: "10 minutes",
    fallback: serverDefaults.drainDeadline
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
    min: Password.MIN_LENGTH,
    max: 64,
    fallback: Password.MIN_LENGTH
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
    fallback: defaultExpiry.idle
  }),
  sessionLifetime: Variable.duration("SESSION_LIFETIME", {
    meaning: "how long a session lives at most",
    min: "1 minute",
    max: "365 days",
    fallback: defaultExpiry.absolute
  })
}

const mail = {
  publicUrl: Variable.parsed("PUBLIC_URL", {
    meaning: "where the front end is: links in letters begin with it",
    allowed: 'an address like "https://app.example.com", http only for localhost',
    mayHoldKey: true,
    read: (text) => Either.getRight(parsePublicUrl(text)),
    otherwise: "letters have codes instead of links"
  }),
  smtpUrl: Variable.secret("SMTP_URL", {
    meaning: "the mail server",
    allowed: 'an address like "smtps://user:password@smtp.example.com"',
    read: Option.liftPredicate((text) => Either.isRight(parseSmtpUrl(Redacted.make(text)))),
    otherwise: "letters are shown in the log on an embedded server, and not written elsewhere"
  }),
  from: Variable.parsed("MAIL_FROM", {
    meaning: "who letters are from; needed with SMTP_URL",
    allowed: "name@example.com or Name <name@example.com>",
    read: (text) => Option.as(Option.fromNullable(parseMailbox(text)), text)
  })
}

const telemetry = {
  metricsToken: Variable.token("METRICS_TOKEN", {
    meaning: "what Prometheus must present as a bearer token to read /metrics",
    otherwise: "there is no /metrics"
  }),
  otlpEndpoint: Variable.parsed("OTEL_EXPORTER_OTLP_ENDPOINT", {
    meaning: "where traces and metrics are delivered by OTLP",
    allowed: 'an address like "http://collector:4318", without a key in it',
    mayHoldKey: true,
    read: parseOtlpEndpoint,
    otherwise: "they are not recorded"
  }),
  otlpHeaders: Variable.secret("OTEL_EXPORTER_OTLP_HEADERS", {
    meaning: "headers of these deliveries, such as a key",
    allowed: "name=value pairs with commas between, their values percent-encoded",
    read: (text) => Option.as(parseOtlpHeaders(text), text)
  }),
  otlpProtocol: Variable.choice("OTEL_EXPORTER_OTLP_PROTOCOL", {
    meaning: "how they are written",
    options: ["http/protobuf", "http/json"],
    fallback: "http/protobuf"
  }),
  serviceName: Variable.text("OTEL_SERVICE_NAME", {
    meaning: "what the service is called in its telemetry",
    fallback: "holdfast"
  }),
  traceRatio: Variable.parsed("OTEL_TRACES_SAMPLER_ARG", {
    meaning:
      "the part of the traces that is recorded; one that began elsewhere is as its traceparent says, if TRUST_PROXY is set",
    allowed: "a number from 0 to 1",
    read: parseRatio,
    otherwise: "all"
  }),
  metricInterval: Variable.integer("OTEL_METRIC_EXPORT_INTERVAL", {
    meaning: "milliseconds between two deliveries of metrics",
    min: 1000,
    max: 3_600_000,
    fallback: 60_000
  })
}

const database = {
  ...databaseVariables,
  migrate: Variable.choice("DB_MIGRATE", {
    meaning: "whether the database is migrated on the first connection",
    options: ["on", "off"],
    fallback: "on"
  }),
  prune: Variable.choice("DB_PRUNE", {
    meaning: "whether what has expired is deleted, about hourly and only behind requests",
    options: ["on", "off"],
    fallback: "on"
  })
}

/** Everything that the environment can set, in the order in which it is documented. */
export const variables = { service, database, pool: poolVariables, auth, mail, telemetry }

/** What the service was told, complete: where nothing was said the defaults count. */
export type Settings = Config.Config.Success<typeof config>

const config = Config.all({
  service: Config.all(service),
  database: Config.all(database),
  pool: Config.all(poolVariables),
  auth: Config.all(auth),
  mail: Config.all(mail),
  telemetry: Config.all(telemetry)
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
  Effect.tap((settings) => {
    const problems = contradictions(settings)
    return problems.length === 0 ? Effect.void : Effect.fail(SettingsInvalid.fromProblems(problems))
  })
)
