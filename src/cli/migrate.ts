import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { authSchema } from "../auth/authSchema.ts"
import * as Migrations from "../auth/Migrations.ts"
import { inspect } from "../sql/schema/migrate.ts"
import { type SchemaState, titleOf } from "../sql/schema/SchemaState.ts"
import { client, failed } from "./Client.ts"
import { FoundWrong } from "./Outcome.ts"
import { reporting } from "./Reporting.ts"
import { print, printJson, progress, progressOver } from "./Screen.ts"
import { jsonOption, target, urlOption } from "./Target.ts"

/** What `migrate` tells of itself. Steps by their titles. */
export interface MigrateReport {
  /** Those that were applied just now. */
  readonly applied: ReadonlyArray<string>
  readonly pending: ReadonlyArray<string>
  /** Those that only a later version knows. */
  readonly newer: ReadonlyArray<string>
}

const steps = (titles: ReadonlyArray<string>): string =>
  `${titles.length} migration${titles.length === 1 ? "" : "s"}`

/** A report in sentences. */
export const sentencesOf = ({ applied, newer, pending }: MigrateReport): string =>
  [
    ...applied.map((title) => `Applied ${title}`),
    ...pending.map((title) => `Pending ${title}`),
    ...newer.map((title) => `Unknown ${title}: a later version of holdfast has applied it`),
    pending.length > 0
      ? `${steps(pending)} to be applied: run \`holdfast migrate\`.`
      : newer.length > 0
        ? "Nothing was changed: this version can use the database, because migrations only add."
        : applied.length > 0
          ? `${steps(applied)} applied, and the database is up to date.`
          : "The database is up to date."
  ].join("\n")

const report = (
  { newer, pending }: SchemaState,
  applied: ReadonlyArray<string>
): MigrateReport => ({
  applied,
  pending: pending.map(titleOf),
  newer: newer.map(titleOf)
})

const work = (isCheck: boolean) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const connection = yield* sql.reserve
    const onStep = (step: { readonly id: number; readonly name: string }) =>
      progress(`Applying ${titleOf(step)}`)
    yield* progress(isCheck ? "Looking" : "Waiting for the turn of this process")
    if (isCheck) return report(yield* inspect(connection, authSchema), [])
    const onWait = progress("Waiting for a table that another session keeps locked")
    const made = yield* Migrations.migrate(connection, { onStep, onWait })
    return report(yield* Migrations.state(connection), made.map(titleOf))
  }).pipe(Effect.scoped, Effect.mapError(failed), Effect.ensuring(progressOver))

const checkOption = Options.boolean("check")

export const migrateCommand = Command.make(
  "migrate",
  { check: checkOption, json: jsonOption, url: urlOption },
  ({ check, json, url }) =>
    Effect.gen(function* () {
      const found = yield* Effect.flatMap(target(url), (at) =>
        Effect.provide(work(check), client(at, "migrate"))
      )
      yield* json ? printJson(found) : print(sentencesOf(found))
      if (found.pending.length > 0) return yield* new FoundWrong()
    }).pipe(reporting(json))
)
