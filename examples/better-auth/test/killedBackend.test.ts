import { execFile } from "node:child_process"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { SqlClient } from "@effect/sql/SqlClient"
import { betterAuth } from "better-auth"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { PgClient } from "holdfast"
import { EmbeddedPostgres } from "holdfast/testing"
import { afterAll, beforeAll, expect, it } from "vitest"
import { holdfastAdapter } from "../src/holdfastAdapter.ts"
import { migrate } from "../src/migrate.ts"

const database = ManagedRuntime.make(
  Layer.unwrapEffect(Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url }))).pipe(
    Layer.provideMerge(EmbeddedPostgres.layer())
  )
)

const killSessions = () =>
  database.runPromise(Effect.flatMap(EmbeddedPostgres, (server) => server.killSessions))

/** What is stored of whoever has signed up, in rows. */
const stored = (email: string) =>
  database.runPromise(
    Effect.flatMap(
      SqlClient,
      (sql) => sql`
        SELECT count(DISTINCT u.id)::int AS users, count(DISTINCT a.id)::int AS accounts,
          count(DISTINCT s.id)::int AS sessions
        FROM "user" u LEFT JOIN account a ON a."userId" = u.id LEFT JOIN session s ON s."userId" = u.id
        WHERE u.email = ${email}`
    )
  )

/** better-auth's own hash keeps the event loop busy, and what is measured here is something else. */
const authWith = (whileHashing: () => Promise<unknown> = () => setTimeout(20)) =>
  betterAuth({
    secret: "a secret of this test, and of nothing else",
    baseURL: "http://localhost:3000",
    database: holdfastAdapter(database),
    emailAndPassword: {
      enabled: true,
      password: {
        hash: (password) => whileHashing().then(() => `hash of ${password}`),
        verify: async ({ hash, password }) => hash === `hash of ${password}`
      }
    }
  })

const form = (name: string) => ({
  name,
  email: `${name}@example.com`,
  password: "TestPass123"
})

const once = { users: 1, accounts: 1, sessions: 1 }

beforeAll(() => migrate(database, { emailAndPassword: { enabled: true } }))

afterAll(() => database.dispose())

it("signs up although the backend is killed in the midst of the transaction", async () => {
  let runs = 0
  // better-auth hashes within the transaction, so the first one is lost.
  const auth = authWith(async () => {
    runs += 1
    if (runs === 1) expect(await killSessions()).toBeGreaterThan(0)
  })
  const { token, user } = await auth.api.signUpEmail({ body: form("midway") })
  expect(user.email).toBe("midway@example.com")
  expect(token).toEqual(expect.any(String))
  expect(runs).toBe(2)
  expect(await stored(user.email)).toEqual([once])
})

it("with pg's Pool the same takes the process with it, and the sign-up", async () => {
  const url = await database.runPromise(Effect.map(EmbeddedPostgres, (server) => server.url))
  const program = fileURLToPath(new URL("signUpOnPgPool.mjs", import.meta.url))
  const env = { ...process.env, DATABASE_URL: Redacted.value(url) }
  await expect(promisify(execFile)(process.execPath, [program], { env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Unhandled 'error' event")
  })
  expect(await stored("lost@example.com")).toEqual([{ users: 0, accounts: 0, sessions: 0 }])
})

it("signs up and in although all idle connections have been killed", async () => {
  const auth = authWith()
  await killSessions()
  const { user } = await auth.api.signUpEmail({ body: form("afterwards") })
  await killSessions()
  const { email, password } = form("afterwards")
  const signedIn = await auth.api.signInEmail({ body: { email, password } })
  expect(signedIn.user.id).toBe(user.id)
})

it("loses and doubles none of 200 sign-ups while backends are killed again and again", async () => {
  const auth = authWith()
  const names = Array.from({ length: 200 }, (_, index) => `guest${index}`)
  let killed = 0
  const signUps = await Promise.allSettled(
    names.map(async (name, index) => {
      await setTimeout(10 * index)
      // In between, however slow the machine is.
      if (index % 10 === 9) killed += await killSessions()
      return auth.api.signUpEmail({ body: form(name) })
    })
  )
  expect(killed).toBeGreaterThan(3)
  expect(signUps.filter(({ status }) => status === "rejected")).toEqual([])
  for (const name of names) expect(await stored(form(name).email)).toEqual([once])
})
