import type * as pg from "pg"

/** A session for a provocation; all of them end with it. */
export type Connect = (config?: pg.ClientConfig) => Promise<pg.Client>

/** Brings a real server to fail, and gives what the driver makes of it. */
export type Provoke = (connect: Connect) => Promise<unknown>

/** What a promise fails with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assertNever(),
    (cause: unknown) => cause
  )

const assertNever = (): never => {
  throw new Error("it was expected to fail, and did not")
}

/** The last of these statements fails. */
export const statements =
  (...texts: ReadonlyArray<string>): Provoke =>
  async (connect) => {
    const client = await connect()
    for (const text of texts.slice(0, -1)) await client.query(text)
    return failureOf(client.query(texts.at(-1) ?? ""))
  }

export const connecting =
  (config: pg.ClientConfig, ...before: ReadonlyArray<string>): Provoke =>
  async (connect) => {
    const admin = await connect()
    for (const text of before) await admin.query(text)
    return failureOf(connect(config))
  }

/** The error that ends a session while it waits for its next statement. */
const endOf = async (client: pg.Client): Promise<unknown> =>
  new Promise((resolve) => client.once("error", resolve))

export const whileIdle =
  (...texts: ReadonlyArray<string>): Provoke =>
  async (connect) => {
    const client = await connect()
    const end = endOf(client)
    for (const text of texts) await client.query(text)
    return end
  }

const named = (name: string, text: string) => ({ name, text })

export const cachedPlan: Provoke = async (connect) => {
  const client = await connect()
  await client.query("CREATE TEMPORARY TABLE plan (a int)")
  await client.query(named("find", "SELECT * FROM plan"))
  await client.query("ALTER TABLE plan ADD b int")
  return failureOf(client.query(named("find", "SELECT * FROM plan")))
}

export const discarded: Provoke = async (connect) => {
  const client = await connect()
  await client.query(named("gone", "SELECT 1"))
  await client.query("DISCARD ALL")
  return failureOf(client.query(named("gone", "SELECT 1")))
}

export const deadlock: Provoke = async (connect) => {
  const [one, two] = await Promise.all([connect(), connect()])
  await one.query("SET deadlock_timeout = '10ms'; BEGIN; SELECT pg_advisory_xact_lock(1)")
  await two.query("SET deadlock_timeout = '1s'; BEGIN; SELECT pg_advisory_xact_lock(2)")
  const other = two.query("SELECT pg_advisory_xact_lock(1)")
  const victim = await failureOf(one.query("SELECT pg_advisory_xact_lock(2)"))
  await one.query("ROLLBACK")
  await other
  return victim
}

export const serialization: Provoke = async (connect) => {
  const [one, two] = await Promise.all([connect(), connect()])
  await one.query("CREATE TABLE turns (n int); INSERT INTO turns VALUES (0)")
  await one.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM turns")
  await two.query("UPDATE turns SET n = 1")
  return failureOf(one.query("UPDATE turns SET n = 2"))
}

/** Two transactions that each read what the other writes; the second learns of it at COMMIT. */
export const writeSkew: Provoke = async (connect) => {
  const [one, two] = await Promise.all([connect(), connect()])
  await one.query("CREATE TABLE skew (n int)")
  for (const client of [one, two]) {
    await client.query("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM skew")
  }
  for (const client of [one, two]) await client.query("INSERT INTO skew VALUES (1)")
  await one.query("COMMIT")
  return failureOf(two.query("COMMIT"))
}

export const during =
  (act: string): Provoke =>
  async (connect) => {
    const [victim, other] = await Promise.all([connect(), connect()])
    const { rows } = await victim.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")
    const failure = failureOf(victim.query("SELECT pg_sleep(10)"))
    const pid = rows[0]?.pid
    // Not before the statement runs: a cancel that comes too early is lost.
    const isRunning = `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`
    while ((await other.query(isRunning)).rowCount === 0) {}
    await other.query(`SELECT ${act}(${pid})`)
    return failure
  }

export const locked: Provoke = async (connect) => {
  const [owner, other] = await Promise.all([connect(), connect()])
  await owner.query("BEGIN; SELECT pg_advisory_xact_lock(7)")
  await other.query("SET lock_timeout = '10ms'")
  return failureOf(other.query("SELECT pg_advisory_lock(7)"))
}

export const wrongPassword: Provoke = async (connect) => {
  const admin = await connect()
  await admin.query("DROP ROLE IF EXISTS ada; CREATE ROLE ada LOGIN PASSWORD 'right'")
  const failure = await failureOf(connect({ user: "ada", password: "wrong" }))
  await admin.query("DROP ROLE ada")
  return failure
}

export const tooManyOfRole: Provoke = async (connect) => {
  const admin = await connect()
  await admin.query(
    "DROP ROLE IF EXISTS bob; CREATE ROLE bob LOGIN PASSWORD 'b' CONNECTION LIMIT 0"
  )
  const failure = await failureOf(connect({ user: "bob", password: "b" }))
  await admin.query("DROP ROLE bob")
  return failure
}

export const notAllowed: Provoke = async (connect) => {
  const admin = await connect()
  await admin.query("CREATE ROLE eve")
  const failure = await failureOf(admin.query("SET ROLE eve; CREATE TABLE public.evil (a int)"))
  await admin.query("RESET ROLE; DROP ROLE eve")
  return failure
}

export const raise = (code: string, message: string): Provoke =>
  statements(`DO $$ BEGIN RAISE EXCEPTION '${message}' USING ERRCODE = '${code}'; END $$`)

export const failedTransaction: Provoke = async (connect) => {
  const client = await connect()
  await client.query("BEGIN")
  await failureOf(client.query("SELECT 1/0"))
  return failureOf(client.query("SELECT 1"))
}

export const tooFewValues: Provoke = async (connect) =>
  failureOf((await connect()).query("SELECT $1::int + $2::int", [1]))
