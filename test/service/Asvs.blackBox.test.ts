import { layer } from "@effect/vitest"
import { authenticationSuite, recoverySuite } from "../http/asvs/authenticationSuite.ts"
import { cookiesSuite } from "../http/asvs/cookiesSuite.ts"
import { errorsSuite, loggingSuite } from "../http/asvs/loggingSuite.ts"
import { passwordsSuite } from "../http/asvs/passwordsSuite.ts"
import { sessionsSuite } from "../http/asvs/sessionsSuite.ts"
import { AuthServices } from "../support/AuthServices.ts"

// Tests are named by the requirement that they show; docs/asvs.md is made of their names.
layer(AuthServices.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "OWASP ASVS 5.0",
  (it) => {
    passwordsSuite(it)
    authenticationSuite(it)
    recoverySuite(it)
    sessionsSuite(it)
    cookiesSuite(it)
    loggingSuite(it)
    errorsSuite(it)
  }
)
