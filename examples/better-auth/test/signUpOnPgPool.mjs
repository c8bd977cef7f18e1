// Signs up on a pool of pg while its backend is killed: DATABASE_URL=... node signUpOnPgPool.mjs
import { betterAuth } from "better-auth"
import pg from "pg"

const connectionString = process.env.DATABASE_URL
const pool = new pg.Pool({ connectionString })
// As pg's documentation asks for; without it an idle connection's end is the process's.
pool.on("error", () => {})

const kill = async () => {
  const other = new pg.Client(connectionString)
  await other.connect()
  await other.query(`
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`)
  await other.end()
}

const auth = betterAuth({
  secret: "a secret of this test, and of nothing else",
  baseURL: "http://localhost:3000",
  database: pool,
  emailAndPassword: {
    enabled: true,
    password: { hash: (password) => kill().then(() => `hash of ${password}`) }
  }
})

await auth.api.signUpEmail({
  body: { name: "lost", email: "lost@example.com", password: "TestPass123" }
})
await pool.end()
