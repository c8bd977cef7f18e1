import { Effect, Redacted } from "effect"
import pg from "pg"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { server } from "./Certificates.ts"

/** A file in the server's own directory, readable by nobody else, as it asks of a key. */
const write = (name: string, text: string) =>
  `COPY (VALUES ${text
    .trim()
    .split("\n")
    .map((line) => `(${pg.escapeLiteral(line)})`)
    .join(", ")}) TO PROGRAM 'umask 077; cat > ${name}'`

const methods = ["trust", "password", "md5"] as const

/** The role that logs in by a method other than SCRAM, with the superuser's password. */
export const loginBy = (method: (typeof methods)[number]): string => `by_${method}`

const rule = (method: (typeof methods)[number]) => `host all ${loginBy(method)} all ${method}`

const eachStatement = (password: string) => [
  "SET password_encryption = md5",
  ...methods.map((method) => `CREATE ROLE ${loginBy(method)} LOGIN PASSWORD ${password}`),
  // The first rule that matches decides.
  `COPY (VALUES ${methods.map((method) => `('${rule(method)}')`).join(", ")}) TO PROGRAM
    'cat - pg_hba.conf > new_hba.conf; mv new_hba.conf pg_hba.conf'`,
  write("server.crt", server.cert),
  write("server.key", server.key),
  "ALTER SYSTEM SET ssl = on",
  "SELECT pg_reload_conf()"
]

/** Turns TLS on at the embedded server, with the identity `server`, and adds the {@link loginBy} roles. */
export const secure = Effect.gen(function* () {
  const { password, url } = yield* EmbeddedPostgres
  const statements = eachStatement(pg.escapeLiteral(Redacted.value(password)))
  yield* Effect.promise(async () => {
    const client = new pg.Client(Redacted.value(url))
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  })
})

/** The URL with parameters added. */
export const withParameters = (
  url: Redacted.Redacted,
  parameters: Readonly<Record<string, string>>
): Redacted.Redacted => {
  const address = new URL(Redacted.value(url))
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value)
  return Redacted.make(address.href)
}

/** The URL with another user. */
export const withUser = (url: Redacted.Redacted, user: string): Redacted.Redacted => {
  const address = new URL(Redacted.value(url))
  address.username = user
  return Redacted.make(address.href)
}
