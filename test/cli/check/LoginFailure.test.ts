import { assert, describe, it } from "@effect/vitest"
import { loginFailure } from "../../../src/cli/check/LoginFailure.ts"

/** As the driver tells what a server or a proxy has answered. */
const answer = (code: string, message: string, severity = "FATAL") =>
  Object.assign(new Error(message), { code, severity })

const failures: ReadonlyArray<readonly [cause: unknown, name: string, advice: RegExp]> = [
  [answer("28P01", 'password authentication failed for user "me"'), "Login", /percent-encoded/],
  [answer("28P01", "Passwort-Authentifizierung fehlgeschlagen"), "Login", /percent-encoded/],
  [
    new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
    "Login",
    /none/
  ],
  [answer("28000", 'no pg_hba.conf entry for host "1.2.3.4", no encryption'), "Login", /sslmode/],
  [answer("3D000", 'database "x" does not exist'), "Database", /name of the database/],
  [answer("53300", "sorry, too many clients already"), "Room", /DB_POOL_MAX/],
  [answer("57P03", "the database system is starting up"), "Server", /in a moment/],
  [answer("08P01", "no such database: x"), "Database", /name of the database/],
  [answer("XX000", "The requested endpoint could not be found", "ERROR"), "Endpoint", /host/],
  [answer("XX000", "Your account or project has exceeded the quota", "ERROR"), "Quota", /plan/],
  [answer("XX000", "Tenant or user not found"), "Login", /postgres\.<project-ref>.*host/],
  [
    answer("XX000", "(ENOTFOUND) tenant/user ada.shop not found"),
    "Login",
    /postgres\.<project-ref>/
  ],
  [
    answer("XX000", "(ENOIDENTIFIER) no tenant identifier provided"),
    "Login",
    /postgres\.<project-ref>/
  ],
  [answer("XX000", "(EBANNED) tenant is banned: abuse"), "Endpoint", /host/],
  [
    Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
    "TLS",
    /sslrootcert/
  ],
  [
    Object.assign(new Error("certificate is not yet valid"), { code: "CERT_NOT_YET_VALID" }),
    "TLS",
    /sslmode/
  ],
  [new Error("The server does not support SSL connections"), "TLS", /turn TLS on/],
  [new Error("Connection terminated unexpectedly"), "Login", /Try again/],
  [answer("42501", "permission denied to log in"), "Login", /log/]
]

describe("a login that fails", () => {
  it.each(failures)("is told by what kept it: %s", (cause, name, advice) => {
    const finding = loginFailure(cause)
    assert.strictEqual(finding.level, "problem")
    assert.strictEqual(finding.name, name)
    assert.match(finding.advice ?? "", advice)
    assert.match(finding.advice ?? "", /\.$/)
  })
})
