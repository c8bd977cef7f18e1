/** Writes which requirement of OWASP ASVS 5.0 which test shows into docs/asvs.md: `npm run asvs`. */
import { writeFileSync } from "node:fs"
import { asvsPage } from "./AsvsPage.ts"

writeFileSync(new URL("../docs/asvs.md", import.meta.url), asvsPage())
