import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer } from "effect"
import type { ConfigError } from "effect/ConfigError"
import { Accounts } from "./auth/Accounts.ts"
import { BreachedPasswords } from "./auth/BreachedPasswords.ts"
import { Housekeeping } from "./auth/Housekeeping.ts"
import * as Letters from "./auth/Letters.ts"
import { Outbox } from "./auth/Outbox.ts"
import { PasswordPolicy } from "./auth/PasswordPolicy.ts"
import { Passwords } from "./auth/Passwords.ts"
import { Pruning } from "./auth/Pruning.ts"
import { SessionExpiry } from "./auth/SessionExpiry.ts"
import { Sessions } from "./auth/Sessions.ts"
import { Throttle } from "./auth/Throttle.ts"
import * as PwnedPasswords from "./http/PwnedPasswords.ts"
import * as LogMailer from "./mail/LogMailer.ts"
import * as SmtpMailer from "./mail/SmtpMailer.ts"
import { Pool } from "./pool/Pool.ts"
import { isEmbedded, type Settings } from "./Settings.ts"

const warning = (message: string) => Layer.effectDiscard(Effect.logWarning(message))

/** Letters without a way out of the service are not written: they could only pile up. */
const outbox = (settings: Settings): Layer.Layer<Outbox, ConfigError, SqlClient> => {
  const { from, publicUrl, smtpUrl } = settings.mail
  const written = Outbox.layer(Letters.deliver({ publicUrl }))
  if (smtpUrl !== undefined && from !== undefined) {
    const sent = Layer.provide(written, SmtpMailer.layer({ url: smtpUrl, from }))
    return publicUrl === undefined
      ? Layer.merge(sent, warning("Letters have codes and no links: PUBLIC_URL is not set."))
      : sent
  }
  if (isEmbedded(settings)) return Layer.provide(written, LogMailer.layer)
  return settings.service.mode === "production"
    ? Layer.merge(
        Outbox.off,
        warning("No letters are written, so nobody can reset a password: SMTP_URL is not set.")
      )
    : Outbox.off
}

const policy = ({ auth: { breachedPasswords, minPasswordLength } }: Settings) =>
  Layer.provide(
    PasswordPolicy.layer({ minLength: minPasswordLength }),
    breachedPasswords === "off"
      ? BreachedPasswords.none
      : Layer.provide(PwnedPasswords.layer(), FetchHttpClient.layer)
  )

/** Whether a connection could be lent without making anybody wait. */
const hasRoom = (pool: typeof Pool.Service) =>
  Effect.map(pool.stats, ({ active, max, waiting }) => waiting === 0 && active < max)

const housekeeping = ({ database: { prune } }: Settings) =>
  prune === "off"
    ? Layer.empty
    : Effect.map(Pool, (pool) => Housekeeping.layer({ hasRoom: hasRoom(pool) })).pipe(
        Layer.unwrapEffect,
        Layer.provide(Pruning.layer())
      )

/** Accounts and sessions as the settings want them. */
export const layer = (
  settings: Settings
): Layer.Layer<Accounts | Sessions, ConfigError, SqlClient | Pool> => {
  const { sessionIdle, sessionLifetime, throttle } = settings.auth
  const limits = throttle === "on" ? Throttle.layer() : Throttle.off
  return Layer.merge(
    Layer.provide(Accounts.layer(), [Passwords.layer(), limits, outbox(settings)]),
    Sessions.layer()
  ).pipe(
    Layer.provide([policy(settings), housekeeping(settings)]),
    // Kept, so that the cookie of a session lives as long as it may.
    Layer.provideMerge(SessionExpiry.layer({ idle: sessionIdle, absolute: sessionLifetime }))
  )
}
