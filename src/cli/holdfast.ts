import { readFileSync } from "node:fs"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import { Schema } from "effect"
import { checkCommand } from "./check.ts"
import { migrateCommand } from "./migrate.ts"
import { serve } from "./serve.ts"
import { sessions } from "./sessions.ts"

const Manifest = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** Of the package that this file is in, which has it two folders up, built or not. */
const { version } = Schema.decodeSync(Manifest)(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8")
)

const footer = HelpDoc.blocks([
  HelpDoc.h1("SETTINGS"),
  HelpDoc.p(
    "The database is the one that NEON_DB_URL or DATABASE_URL names. In development a file .env in this folder is read as well."
  ),
  HelpDoc.h1("EXIT CODES"),
  HelpDoc.p(
    "0 all is well; 1 something is wrong or could not be done; 2 wrong use or settings; 130 interrupted"
  )
])

const root = Command.make("holdfast").pipe(
  Command.withDescription(
    "A sign-up and session service on a Postgres client that survives serverless databases. `holdfast <command> --help` tells more of one command."
  ),
  Command.withSubcommands([serve, migrateCommand, checkCommand, sessions])
)

/** Runs what the arguments of a process ask for. */
export const holdfast = Command.run(root, {
  name: "holdfast",
  version,
  executable: "holdfast",
  footer
})
