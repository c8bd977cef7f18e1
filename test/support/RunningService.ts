import { readFileSync } from "node:fs"
import type { HttpApiBuilder } from "@effect/platform"
import type { SqlClient } from "@effect/sql/SqlClient"
import { type Duration, Either, Layer, type Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import type { BreachedPasswords } from "../../src/auth/BreachedPasswords.ts"
import { Letters, parsePublicUrl } from "../../src/auth/index.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { PasswordPolicy } from "../../src/auth/PasswordPolicy.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Sessions, type SessionsOptions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import type { Readiness } from "../../src/http/Readiness.ts"
import { Server, type ServerOptions } from "../../src/http/Server.ts"
import { PgClient } from "../../src/sql/index.ts"
import { ensureSchema } from "./ensureSchema.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

/** The whole service on a free port, over the database at an address, as `main.ts` composes it. */
export const runningService = (
  url: Redacted.Redacted<string>,
  options: { readonly sessions?: SessionsOptions } = {}
) =>
  Server.layer({ port: 0 }).pipe(
    Layer.provide(
      Layer.merge(
        Layer.provide(Accounts.layer(), [Passwords.layer(), Throttle.off, Outbox.off]),
        Sessions.layer(options.sessions)
      )
    ),
    Layer.provideMerge(PgClient.layer({ url, lazy: true, initialize: ensureSchema(schema) }))
  )

/** Where the links of its letters lead. */
export const publicUrl = "https://app.example.com"

/** How a service with letters differs from the one without. */
export interface ServiceOptions extends ServerOptions {
  /** What limits tries. Default: nothing. */
  readonly throttle?: Layer.Layer<Throttle, never, SqlClient>
  /** What knows passwords that nobody may choose. Default: the policy's own rules only. */
  readonly breached?: Layer.Layer<BreachedPasswords>
  /** What hashes passwords. Default: argon2id. */
  readonly passwords?: Layer.Layer<Passwords>
  /** Longest time for one step with the database. Default: theirs. */
  readonly deadline?: Duration.DurationInput
}

/** The whole service on a free port, over the client that there is; its letters go to the `Mailer`. */
export const serviceWithMail = (
  {
    breached,
    deadline,
    passwords = Passwords.layer(),
    throttle = Throttle.off,
    ...server
  }: ServiceOptions = {},
  further: Layer.Layer<never, never, HttpApiBuilder.Router | Readiness> = Layer.empty
) => {
  const limit = deadline === undefined ? {} : { deadline }
  const letters = Letters.deliver({ publicUrl: Either.getOrThrow(parsePublicUrl(publicUrl)) })
  const auth = Layer.merge(
    Layer.provide(Accounts.layer(limit), [passwords, throttle, Outbox.layer(letters)]),
    Sessions.layer(limit)
  )
  const policy =
    breached === undefined ? Layer.empty : Layer.provide(PasswordPolicy.layer(), breached)
  return Layer.provide(Server.layer({ ...server, port: 0 }, further), Layer.provide(auth, policy))
}
