/**
 * better-auth as its documentation sets it up, on node:http and a pool of pg: what `npm run bench:http`
 * compares with. Only what would refuse a benchmark is off: the limit of requests.
 */
import { createServer } from "node:http"
import { betterAuth } from "better-auth"
import { getMigrations } from "better-auth/db/migration"
import { toNodeHandler } from "better-auth/node"
import pg from "pg"

const port = Number(process.env.PORT)

const options = {
  secret: "a secret of this benchmark, and of nothing else",
  baseURL: `http://127.0.0.1:${port}`,
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false }
}

const { runMigrations } = await getMigrations(options)
await runMigrations()

createServer(toNodeHandler(betterAuth(options))).listen(port, "127.0.0.1")
