import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { worst } from "../../../src/cli/check/Finding.ts"
import {
  judgeAbandoned,
  judgeFleet,
  judgeIdle,
  judgeRoom,
  judgeStatements
} from "../../../src/cli/check/judgeLimits.ts"
import {
  isShared,
  judgeColdStart,
  judgeRoundTrip,
  judgeRoute,
  judgeTls,
  median,
  spoken
} from "../../../src/cli/check/judgePath.ts"
import {
  judgePermissions,
  judgeSchema,
  judgeSight,
  judgeVersion,
  judgeWriting
} from "../../../src/cli/check/judgeServer.ts"
import { otherName, placeOf } from "../../../src/cli/check/Place.ts"
import type { ServerFacts } from "../../../src/cli/check/ServerFacts.ts"
import type { SchemaState } from "../../../src/sql/schema/SchemaState.ts"

const sound: ServerFacts = {
  version: "18.4",
  versionNumber: 180_004,
  isStandby: false,
  isReadOnly: false,
  user: "app",
  isSuperuser: false,
  schema: "public",
  mayCreate: true,
  unusable: [],
  tracksActivity: true,
  mayIdentify: true,
  maxConnections: 100,
  superuserReserved: 3,
  reserved: 0,
  roleLimit: -1,
  databaseLimit: -1,
  inUse: { all: 1, role: 1, database: 1, fleet: 0 },
  idleSessionTimeout: 0,
  idleInTransactionTimeout: 0,
  statementTimeout: 0,
  keepalivesIdle: 7200
}

const upToDate: SchemaState = {
  journal: "read",
  isComplete: true,
  applied: [],
  pending: [],
  newer: []
}

const step = { id: 3, name: "later", script: "" }
const pool = { maxConnections: 10, idleTimeout: Duration.minutes(10) }
const fleet = (instances: number, isPooled = false) => ({ instances, isPooled, pool })
/** So many sessions of strangers, of the role that asks, of its database, and of its service. */
const inUse = (all: number, role = 1, database = 1, ours = 0) => ({
  inUse: { all, role, database, fleet: ours }
})
const far = placeOf({ host: "db.example.com", port: 5432 })
const here = placeOf({ host: "localhost", port: 5432 })

describe("a server", () => {
  it.each([
    ["12.9", 120_009, "problem"],
    ["13.0", 130_000, "ok"],
    ["18.4", 180_004, "ok"],
    ["19.1", 190_001, "warning"]
  ] as const)("of version %s", (version, versionNumber, level) => {
    assert.strictEqual(judgeVersion({ ...sound, version, versionNumber }).level, level)
  })

  it.each([
    [{}, "ok"],
    [{ isStandby: true }, "problem"],
    [{ isReadOnly: true }, "problem"]
  ] as const)("that takes writes or not: %j", (facts, level) => {
    assert.strictEqual(judgeWriting({ ...sound, ...facts }).level, level)
  })

  it.each([
    [{}, [], "ok"],
    [{ mayCreate: false }, [], "ok"],
    [{ mayCreate: false }, [step], "problem"],
    [{ schema: undefined }, [], "problem"],
    [{ unusable: ["users"] }, [], "problem"],
    [{ isSuperuser: true }, [], "warning"]
  ] as const)("whose role may %j, with %j pending", (facts, pending, level) => {
    assert.strictEqual(
      judgePermissions({ ...sound, ...facts }, { ...upToDate, pending }).level,
      level
    )
  })

  it.each([
    [{}, "ok"],
    [{ tracksActivity: false }, "warning"],
    [{ mayIdentify: false }, "warning"]
  ] as const)("that lets itself be looked at or not: %j", (facts, level) => {
    assert.strictEqual(judgeSight({ ...sound, ...facts }).level, level)
  })

  it.each([
    [{}, "ok", /up to date/],
    [{ pending: [step] }, "warning", /1 pending \(3_later\)/],
    [{ newer: [step] }, "warning", /later version/],
    [{ journal: "hidden", pending: [step] }, "warning", /as far as this role can see/]
  ] as const)("with a schema: %j", (state, level, seen) => {
    const finding = judgeSchema({ ...upToDate, ...state })
    assert.strictEqual(finding.level, level)
    assert.match(finding.seen, seen)
  })
})

describe("the connections", () => {
  it("are told with every limit that there is, and are a problem where hardly one is left", () => {
    assert.strictEqual(
      judgeRoom({ ...sound, reserved: 2, roleLimit: 20 }).seen,
      "max_connections 100, 5 reserved, 20 for this role (1 taken); 1 in use now beside this check's"
    )
    assert.strictEqual(judgeRoom({ ...sound, ...inUse(96) }).level, "problem")
  })

  it("of everybody don't count towards the limit of a role or a database", () => {
    const limited = { ...sound, roleLimit: 20, databaseLimit: 20 }
    assert.strictEqual(judgeRoom({ ...limited, ...inUse(60) }).level, "ok")
    assert.strictEqual(judgeRoom({ ...limited, ...inUse(60, 19) }).level, "problem")
    assert.strictEqual(judgeRoom({ ...limited, ...inUse(60, 1, 19) }).level, "problem")
    assert.include(judgeRoom({ ...limited, ...inUse(60, 7, 9) }).seen, "20 for this role (7 taken)")
  })

  it("of the service that runs already are not counted a second time", () => {
    const running = { ...sound, ...inUse(66, 66, 66, 66) }
    const finding = judgeFleet(running, fleet(4))
    assert.strictEqual(finding.level, "ok")
    assert.include(finding.seen, "of 97 that others leave")
    assert.include(
      judgeRoom(running).seen,
      "66 in use now beside this check's, 66 of them by this service"
    )
    assert.strictEqual(judgeFleet({ ...sound, ...inUse(66) }, fleet(4)).level, "warning")
  })

  it.each([
    [1, "ok", undefined],
    [4, "ok", undefined],
    [5, "warning", /DB_POOL_MAX to 8 or less/],
    [9, "warning", /DB_POOL_MAX to 4 or less/],
    [60, "warning", /fewer instances/]
  ] as const)("of %d instances", (instances, level, advice) => {
    const finding = judgeFleet(sound, fleet(instances))
    assert.strictEqual(finding.level, level)
    if (advice !== undefined) assert.match(finding.advice ?? "", advice)
  })

  it("of others count, and behind a pooler its own limits do", () => {
    assert.strictEqual(judgeFleet({ ...sound, ...inUse(90) }, fleet(1)).level, "warning")
    assert.strictEqual(judgeFleet({ ...sound, ...inUse(90) }, fleet(50, true)).level, "ok")
  })
})

describe("the timeouts", () => {
  it.each([
    [0, "ok"],
    [60_000, "warning"],
    [600_000, "warning"],
    [600_001, "ok"]
  ] as const)("of idle sessions: %d ms against the pool's ten minutes", (limit, level) => {
    assert.strictEqual(judgeIdle({ ...sound, idleSessionTimeout: limit }, pool).level, level)
  })

  it.each([
    [0, false, "ok"],
    [0, true, "warning"],
    [1000, false, "warning"],
    [60_000, true, "ok"]
  ] as const)("of transactions: %d ms, proxied: %s", (limit, isProxied, level) => {
    const facts = { ...sound, idleInTransactionTimeout: limit }
    assert.strictEqual(judgeAbandoned(facts, isProxied).level, level)
  })

  it.each([
    [0, "ok"],
    [1000, "warning"],
    [30_000, "ok"]
  ] as const)("of statements: %d ms", (limit, level) => {
    assert.strictEqual(judgeStatements({ ...sound, statementTimeout: limit }).level, level)
  })
})

describe("the way", () => {
  it.each([
    [undefined, here, "ok"],
    [undefined, far, "warning"],
    [{ version: "TLSv1.3", isVerified: true }, far, "ok"],
    [{ version: "TLSv1.3", isVerified: false }, far, "warning"],
    [{ version: "TLSv1", isVerified: true }, far, "warning"]
  ] as const)("with TLS %j", (tls, place, level) => {
    assert.strictEqual(judgeTls({ tls }, place).level, level)
  })

  it("is a pooler's where a backend answers for two sessions, or two for one", () => {
    const apart = [
      { session: "first", pid: "1" },
      { session: "second", pid: "2" },
      { session: "first", pid: "1" }
    ] as const
    assert.isFalse(isShared(apart))
    assert.isTrue(isShared([apart[0], { session: "second", pid: "1" }]))
    assert.isTrue(isShared([...apart, { session: "first", pid: "3" }]))
    assert.strictEqual(judgeRoute({ isProxied: false }, apart, far).level, "ok")
    assert.match(judgeRoute({ isProxied: true }, apart, far).seen, /one backend for each session/)
  })

  it("is told by the name of the host as well", () => {
    const neon = placeOf({ host: "ep-x-1-pooler.eu.aws.neon.tech", port: 5432 })
    assert.deepInclude(neon, { provider: "Neon", isPooler: true, isLocal: false })
    assert.strictEqual(otherName(neon.host), "ep-x-1.eu.aws.neon.tech")
    assert.match(judgeRoute({ isProxied: true }, [], neon).seen, /ep-x-1\.eu\.aws\.neon\.tech/)
    const supabase = (port: number) => placeOf({ host: "aws-0-eu.pooler.supabase.com", port })
    assert.isTrue(supabase(6543).isPooler)
    assert.isFalse(supabase(5432).isPooler)
    assert.strictEqual(placeOf({ host: "x.eu.rds.amazonaws.com", port: 5432 }).provider, "RDS")
  })

  it("is measured by the middle of ten, and told as people read it", () => {
    const times = [5, 1, 2, 100].map((value) => Duration.millis(value))
    assert.strictEqual(spoken(median(times)), "3.5 ms")
    assert.strictEqual(spoken(Duration.millis(1234)), "1.2 s")
    assert.strictEqual(judgeRoundTrip(times).level, "ok")
    assert.strictEqual(judgeRoundTrip([Duration.millis(80)]).level, "warning")
  })

  it("may begin with a cold start, which must fit the time that the pool gives it", () => {
    const [quick, limit] = [Duration.millis(40), Duration.seconds(5)]
    assert.match(judgeColdStart(Duration.millis(900), quick, limit).seen, /had slept/)
    assert.strictEqual(judgeColdStart(Duration.millis(3000), quick, limit).level, "warning")
  })
})

describe("findings together", () => {
  it("are as bad as the worst of them", () => {
    assert.strictEqual(worst([]), "ok")
    assert.strictEqual(worst([judgeVersion(sound), judgeTls({ tls: undefined }, far)]), "warning")
  })
})
