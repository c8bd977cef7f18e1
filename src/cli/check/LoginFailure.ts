import { property } from "../../sql/failure/CauseChain.ts"
import { classify, describe, rootOf } from "../../sql/failure/classify.ts"
import { tlsAdvice } from "../../sql/opening/TlsMode.ts"
import { type Finding, problem } from "./Finding.ts"

const noTls = /does not support SSL/

const advised: ReadonlyArray<readonly [step: string, when: RegExp, advice: string]> = [
  [
    "Login",
    /no pg_hba\.conf entry|connection is insecure|SSL connection is required|SSL required/i,
    "The server lets nobody in from here, or only with TLS: add sslmode=require to the URL, or a line to its pg_hba.conf."
  ],
  [
    "Login",
    /password must be a string/,
    "The server asks for a password, and the URL has none: write it behind the user, user:password@host."
  ],
  [
    "Login",
    /password|SASL|role ".*" does not exist|authentication/i,
    "Correct the user and the password in the URL; characters such as @ : / ? # in them must be percent-encoded."
  ],
  [
    "Database",
    /database ".*" does not exist|no such database/i,
    "Correct the name of the database at the end of the URL."
  ],
  [
    "Room",
    /too many|remaining connection slots|max client|connection limit/i,
    "Every connection that the server allows is taken: end some, lower DB_POOL_MAX, or use a pooler."
  ],
  ["Quota", /quota/i, "Wait for the next billing period, or change the plan."],
  [
    "Login",
    /tenant( or |\/)user.* not found|no tenant identifier/i,
    "Through Supabase's pooler the user is named with its project, postgres.<project-ref>: correct that, or the host, which names the region."
  ],
  [
    "Endpoint",
    /endpoint|project|tenant/i,
    "Correct the host in the URL: the proxy there knows no such endpoint, or has it switched off."
  ],
  [
    "Server",
    /starting up|shutting down|recovery mode|not yet accepting/i,
    "The server is about to come or go: try again in a moment."
  ]
]

const byCode: Readonly<Record<string, number>> = { "28P01": 2, "28000": 0, "3D000": 3, "53300": 4 }

const named = (code: string, message: string) =>
  advised.find(([, when]) => when.test(message)) ?? advised[byCode[code] ?? -1]

/** What kept a session from being opened, by what the driver or the server said of it. */
export const loginFailure = (cause: unknown): Finding => {
  const root = rootOf(cause)
  const code = property(root, "code")
  const seen = describe(root)
  const message = property(root, "message")
  const tls = tlsAdvice(code, message)
  if (tls !== undefined)
    return problem("TLS", noTls.test(message) ? "the server does not offer it" : seen, `${tls}.`)
  if (/^(CERT|ERR_(TLS|SSL)|EPROTO|UNABLE)/.test(code)) {
    return problem(
      "TLS",
      seen,
      "The two ends can't agree on TLS: look at sslmode in the URL and at the server's certificate."
    )
  }
  const known = named(code, message)
  if (known !== undefined) return problem(known[0], seen, known[2])
  return problem(
    "Login",
    seen,
    classify(root).isRetryable
      ? "Try again; if it stays, look at the server's log."
      : "Look at the server's log for what it did not like."
  )
}
