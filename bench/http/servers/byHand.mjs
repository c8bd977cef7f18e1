/**
 * The floor: sign-up and session look-up by hand, on holdfast's own tables. What is measured against it
 * does the same and more: here nothing is validated, repeated, limited or logged.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { createServer } from "node:http"
import { hash } from "@node-rs/argon2"
import pg from "pg"

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

/** As src/auth/HashCost.ts has it. */
const cost = { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 }

const expiry = "least(s.expires, s.last_seen + interval '1 day')"

const columns = `
  u.id as user_id, u.email, u.email_verified, u.created_at, u.updated_at, s.id as session_id,
  ${expiry} as expires`

const lookUp = {
  name: "look-up",
  text: `
    select ${columns} from sessions s join users u
      on s.user_id = u.id and s.password_version = u.password_version and ${expiry} > now()
    where s.token_digest = $1`
}

const signUp = {
  name: "sign-up",
  text: `
    with u as (insert into users (id, email, password_hash) values ($1, $2, $3) returning *),
    s as (
      insert into sessions (id, user_id, token_digest, expires)
      select $4, u.id, $5, now() + interval '30 days' from u returning *
    )
    select ${columns} from u join s on s.user_id = u.id`
}

const digest = (token) => createHash("sha256").update(token).digest()

const answer = (response, status, body) => {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text)
    })
    .end(text)
}

const signedIn = (row, sessionToken) => ({
  user: {
    id: row.user_id,
    email: row.email,
    emailVerified: row.email_verified,
    createdAt: row.created_at,
    updatedAt: row.updated_at
  },
  session: { id: row.session_id, userId: row.user_id, expires: row.expires, sessionToken }
})

const lookedUp = async (request, response) => {
  const token = request.headers.authorization?.slice("Bearer ".length) ?? ""
  const { rows } = await pool.query({ ...lookUp, values: [digest(token)] })
  if (rows[0] === undefined) return answer(response, 401, { message: "No session" })
  return answer(response, 200, signedIn(rows[0]))
}

const bodyOf = async (request) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const signedUp = async (request, response) => {
  const { email, password } = await bodyOf(request)
  const passwordHash = await hash(password, cost)
  const token = randomBytes(32).toString("base64url")
  const values = [randomUUID(), email, passwordHash, randomUUID(), digest(token)]
  const { rows } = await pool.query({ ...signUp, values })
  return answer(response, 201, signedIn(rows[0], token))
}

const routes = {
  "GET /health": async (_, response) => answer(response, 200, {}),
  "GET /auth/session": lookedUp,
  "POST /auth/signup": signedUp
}

const handle = (request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  if (route === undefined) return answer(response, 404, {})
  return route(request, response).catch(({ message }) => answer(response, 500, { message }))
}

createServer(handle).listen(Number(process.env.PORT), "127.0.0.1")
