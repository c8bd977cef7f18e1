import { layer } from "@effect/vitest"
import { deletionSuite, emailChangeSuite, verificationSuite } from "../http/account/mailboxSuite.ts"
import { passwordChangeSuite, passwordResetSuite } from "../http/account/passwordSuite.ts"
import { sessionsSuite } from "../http/account/sessionsSuite.ts"
import { idempotencySuite, verifyFirstSuite } from "../http/account/signUpSuite.ts"
import { AuthServices } from "../support/AuthServices.ts"

layer(AuthServices.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "an account over HTTP",
  (it) => {
    sessionsSuite(it)
    passwordChangeSuite(it)
    passwordResetSuite(it)
    verificationSuite(it)
    emailChangeSuite(it)
    deletionSuite(it)
    idempotencySuite(it)
    verifyFirstSuite(it)
  }
)
