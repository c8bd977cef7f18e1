import { readFileSync } from "node:fs"

/** docs/security.md, with one space wherever it has any. */
export const securityPage = readFileSync(
  new URL("../../../docs/security.md", import.meta.url),
  "utf8"
).replace(/\s+/g, " ")
