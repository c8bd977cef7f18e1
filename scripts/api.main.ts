import { writeFileSync } from "node:fs"
import { page } from "./ApiPage.ts"

writeFileSync(new URL("../docs/api.md", import.meta.url), page())
