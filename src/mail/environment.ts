import { Config, Effect, Option } from "effect"
import type { ConfigError } from "effect/ConfigError"
import type { SmtpOptions } from "./SmtpMailer.ts"

/** How mail is sent: `SMTP_URL`, and then also `MAIL_FROM`. None: it is not. */
export const smtpEnvironment: Effect.Effect<Option.Option<SmtpOptions>, ConfigError> = Effect.gen(
  function* () {
    const url = yield* Config.option(Config.redacted(Config.nonEmptyString("SMTP_URL")))
    if (Option.isNone(url)) return Option.none()
    return Option.some({ url: url.value, from: yield* Config.nonEmptyString("MAIL_FROM") })
  }
)
