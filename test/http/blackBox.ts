import { layer } from "@effect/vitest"
import type { Layer } from "effect"
import { accountsSuite } from "./accountsSuite.ts"
import { anyBodySuite } from "./anyBodySuite.ts"
import { bodyLimitSuite } from "./bodyLimitSuite.ts"
import { cookieSuite } from "./cookieSuite.ts"
import { healthSuite } from "./healthSuite.ts"
import { jsonSuite } from "./jsonSuite.ts"
import { pathsSuite } from "./pathsSuite.ts"
import type { Service } from "./Service.ts"

/**
 * Every guarantee of the HTTP API that can be seen from outside, as tests of one running service.
 *
 * The same suites run here against fakes and elsewhere against the whole service with its database:
 * `blackBox("the service", Service.at(url))`.
 */
export const blackBox = <E>(name: string, service: Layer.Layer<Service, E>) =>
  layer(service, { excludeTestServices: true, timeout: "1 minute" })(name, (it) => {
    accountsSuite(it)
    cookieSuite(it)
    pathsSuite(it)
    jsonSuite(it)
    bodyLimitSuite(it)
    anyBodySuite(it)
    healthSuite(it)
  })
