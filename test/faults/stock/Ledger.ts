import { Effect } from "effect"
import type { Scene } from "./Scenario.ts"

/** Creates the table that is named as its scene. */
export const createLedger = ({ administer, name }: Scene) =>
  administer(
    `CREATE TABLE ${name} (id int PRIMARY KEY, parent int REFERENCES ${name} DEFERRABLE INITIALLY DEFERRED)`
  )

/** The ids that are committed in it. */
export const committed = ({ administer, name }: Scene) =>
  Effect.map(administer(`SELECT id FROM ${name} ORDER BY id`), (rows) => rows.map(({ id }) => id))
