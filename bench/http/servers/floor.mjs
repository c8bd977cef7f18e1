/**
 * Sign-up and session look-up by hand, on holdfast's own tables. What is measured against them does the
 * same and more: here nothing is validated, repeated, limited or logged.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { hash } from "@node-rs/argon2"
import pg from "pg"

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

/** As src/auth/HashCost.ts has it. */
const cost = { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 }

const expiry = "least(s.expires, s.last_seen + interval '1 day')"

const columns = `
  u.id as user_id, u.email, u.email_verified, u.created_at, u.updated_at, s.id as session_id,
  ${expiry} as expires`

const lookUpStatement = {
  name: "look-up",
  text: `
    select ${columns} from sessions s join users u
      on s.user_id = u.id and s.password_version = u.password_version and ${expiry} > now()
    where s.token_digest = $1`
}

const signUpStatement = {
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

/** The session of a token, or undefined. */
export const lookedUp = async (token) => {
  const { rows } = await pool.query({ ...lookUpStatement, values: [digest(token)] })
  return rows[0] === undefined ? undefined : signedIn(rows[0])
}

/** A new user and their session. */
export const signedUp = async ({ email, password }) => {
  const passwordHash = await hash(password, cost)
  const token = randomBytes(32).toString("base64url")
  const values = [randomUUID(), email, passwordHash, randomUUID(), digest(token)]
  const { rows } = await pool.query({ ...signUpStatement, values })
  return signedIn(rows[0], token)
}
