import { layer } from "@effect/vitest"
import { identitySuite } from "../http/advisories/identitySuite.ts"
import { inputSuite } from "../http/advisories/inputSuite.ts"
import { limitsSuite } from "../http/advisories/limitsSuite.ts"
import { AuthServices } from "../support/AuthServices.ts"

/*
 * Mistakes that others have published, each tried on this service. Tests are named by a number of ours
 * and by where the mistake was made.
 *
 * Two of the list do not apply, because the service has no sign-in by other services' accounts:
 * 11 GoTrue CVE-2026-31813 (the issuer of an ID token was not pinned), and 24 fastapi-users
 * CVE-2025-68481 (OAuth's state was not bound to the browser). 8 and 26 are open redirects: the
 * service redirects nobody, and the tests see to it that it stays so. 15, 16 and 22 are about time,
 * too, which takes hundreds of samples: here is tested that answers are equal and that a hash is made.
 */
layer(AuthServices.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "a mistake that others made",
  (it) => {
    identitySuite(it)
    limitsSuite(it)
    inputSuite(it)
  }
)
