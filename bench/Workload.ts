/** What is done over and over, and by how many at once. */
export interface Workload {
  readonly name: string
  readonly operation: "pointSelect" | "constant" | "transaction"
  readonly fibers: number
}

/** Statements on the wire for one operation; a transaction is BEGIN, two INSERTs, SELECT, COMMIT. */
export const statements: Readonly<Record<Workload["operation"], number>> = {
  pointSelect: 1,
  constant: 1,
  transaction: 5
}

export const workloads: ReadonlyArray<Workload> = [
  { name: "point select, 1 fiber", operation: "pointSelect", fibers: 1 },
  { name: "point select, 20 fibers", operation: "pointSelect", fibers: 20 },
  { name: "SELECT 1, 1 fiber", operation: "constant", fibers: 1 },
  { name: "transaction, 1 fiber", operation: "transaction", fibers: 1 },
  { name: "transaction, 20 fibers", operation: "transaction", fibers: 20 }
]

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
