import { fileURLToPath } from "node:url"
import { Effect, Redacted } from "effect"
import { ProofFailed } from "../../proofs/Proof.ts"
import type { Answer, Question } from "../../proofs/service/Ask.ts"
import { sessionTokenIn } from "../../proofs/service/SignedUp.ts"
import type { Program } from "./ServerProcess.ts"

/** A service that signs people up and looks their sessions up, over HTTP. */
export interface Service {
  readonly name: string
  readonly what: string
  readonly program: (database: Redacted.Redacted<string>) => Program
  /** Answered 200 once it runs. */
  readonly isUp: Question
  readonly signUp: (email: string) => Question
  readonly signedUp: number
  /** Asks for the session that a sign-up was answered with. */
  readonly lookUp: (signedUp: Answer) => Effect.Effect<Question, ProofFailed>
}

/** A script of this repository, run by this Node.js as in production. */
export const script = (
  path: string,
  database: Redacted.Redacted<string>,
  env: Readonly<Record<string, string>> = {}
): Program => ({
  command: process.execPath,
  args: [fileURLToPath(new URL(`../../${path}`, import.meta.url))],
  env: { NODE_ENV: "production", DATABASE_URL: Redacted.value(database), ...env }
})

const password = "a benchmark of sign-ups"

const refused = (text: string) => new ProofFailed({ message: `A sign-up was answered: ${text}` })

const ours = {
  isUp: { method: "GET", path: "/health" },
  signUp: (email) => ({ method: "POST", path: "/auth/signup", body: { email, password } }),
  signedUp: 201,
  lookUp: ({ text }) =>
    sessionTokenIn(text).pipe(
      Effect.map((token) => ({
        method: "GET" as const,
        path: "/auth/session",
        headers: { authorization: `Bearer ${token}` }
      })),
      Effect.mapError(() => refused(text))
    )
} satisfies Partial<Service>

/** The floor. */
export const byHand: Service = {
  ...ours,
  name: "by hand",
  what: "`node:http`, a `pg.Pool` with named statements, argon2id",
  program: (database) => script("bench/http/servers/byHand.mjs", database)
}

/** What a service can reach that is written with platform's `HttpApi`, and does no more than the floor. */
export const onPlatform: Service = {
  ...ours,
  name: "by hand on HttpApi",
  what: "the same behind `HttpApi` of `@effect/platform`, without a log and without spans",
  program: (database) => script("bench/http/servers/byHandOnPlatform.mjs", database)
}

/** As it is shipped; only the limit of sign-ups from one address is off. */
export const holdfast: Service = {
  ...ours,
  name: "holdfast",
  what: "the built service with its defaults, but `AUTH_THROTTLE=off`",
  program: (database) => script("dist/program/main.js", database, { AUTH_THROTTLE: "off" })
}

const cookies = ({ headers }: Answer) =>
  (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ")

/** As its documentation sets it up; only its limit of requests is off. */
export const betterAuth: Service = {
  name: "better-auth",
  what: "better-auth on `node:http` and a `pg.Pool`, without its limit of requests",
  program: (database) => script("examples/better-auth/bench/server.mjs", database),
  isUp: { method: "GET", path: "/api/auth/ok" },
  signUp: (email) => ({
    method: "POST",
    path: "/api/auth/sign-up/email",
    body: { name: "somebody", email, password }
  }),
  signedUp: 200,
  lookUp: (answer) =>
    answer.status === 200
      ? Effect.succeed({
          method: "GET",
          path: "/api/auth/get-session",
          headers: { cookie: cookies(answer) }
        })
      : refused(answer.text)
}
