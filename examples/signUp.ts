import { Config, Effect, Layer, Schema } from "effect"
import { PgClient } from "holdfast"
import { Accounts, Email, Outbox, Password, Passwords, Throttle } from "holdfast/auth"

/** Signs someone up, whatever the database does meanwhile; the compiler knows what can fail. */
export const welcome = (form: { readonly email: string; readonly password: string }) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const email = yield* Schema.decode(Email)(form.email)
    const password = yield* Schema.decode(Password)(form.password)
    const { user } = yield* accounts.signUp({ email, password })
    return `Welcome, ${user.email}`
  }).pipe(Effect.catchTag("EmailTaken", () => Effect.succeed("Welcome back: please sign in")))

// The tables are those of holdfast/schema.sql.
const Database = PgClient.layerConfig({ url: Config.redacted("NEON_DB_URL") })

/** What `welcome` needs: `program.pipe(Effect.provide(AccountsOnNeon), NodeRuntime.runMain)`. */
export const AccountsOnNeon = Accounts.layer().pipe(
  Layer.provide([Passwords.layer(), Throttle.layer(), Outbox.off]),
  Layer.provide(Database)
)
