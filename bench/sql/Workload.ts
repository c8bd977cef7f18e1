import type { Operation } from "./Client.ts"

/** What is done over and over, and by how many at once. */
export interface Workload {
  readonly name: string
  readonly operation: Operation
  readonly callers: number
}

const by = (callers: number) =>
  callers === 1 ? "1 caller" : `${callers.toLocaleString("en")} callers`

const workload =
  (what: string, operation: Operation) =>
  (callers: number): Workload => ({
    name: `${what}, ${by(callers)}`,
    operation,
    callers
  })

/** One row by its primary key. */
export const statements = [1, 20, 64].map(workload("point select", "pointSelect"))

/** Two inserts. */
export const transactions = [1, 20].map(workload("transaction", "transaction"))

/** The same select, from nobody waiting to nearly everybody. */
export const growth = [1, 10, 100, 1000, 10_000].map(workload("growth", "pointSelect"))

/** Rows among which a point select finds one. */
export const itemCount = 1000

/** What the workloads read and write. */
export const schema = `
  CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
  INSERT INTO items (id, name) SELECT id, 'item ' || id FROM generate_series(0, ${itemCount - 1}) AS id;
  CREATE TABLE orders (id bigserial PRIMARY KEY, item integer NOT NULL, quantity integer NOT NULL);
  ANALYZE;
`

/** Makes the tables as they were before anything was written. */
export const reset = "TRUNCATE orders RESTART IDENTITY"

/** Another row each time, in an order that no cache foresees. */
export const itemIds = (): (() => number) => {
  let id = 0
  return () => {
    id = (id + 389) % itemCount
    return id
  }
}
