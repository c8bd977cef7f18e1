/** Writes what the service can be told into README.md and .env.example: `npm run settings`. */
import { readFileSync, writeFileSync } from "node:fs"
import { example, withTable } from "./SettingsPage.ts"

const readme = new URL("../README.md", import.meta.url)

writeFileSync(readme, withTable(readFileSync(readme, "utf8")))
writeFileSync(new URL("../.env.example", import.meta.url), example())
