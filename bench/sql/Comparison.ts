import type { Reactivity } from "@effect/experimental"
import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, type Redacted, type Scope } from "effect"
import { type Machine, thisMachine } from "../Machine.ts"
import { packageVersions } from "../PackageVersion.ts"
import { type Entrant, pairedRounds, type Sample, type Schedule } from "../PairedRounds.ts"
import type { Client } from "./Client.ts"
import { contestants, maxConnections } from "./Contestant.ts"
import type { Footprint } from "./Footprint.ts"
import { footprintOf } from "./FootprintProcess.ts"
import type { Result } from "./Result.ts"
import { growth, reset, schema, statements, transactions, type Workload } from "./Workload.ts"

/** All that was measured, and on what. */
export interface Comparison {
  readonly results: ReadonlyArray<Result>
  /** By the contestant's name. */
  readonly footprints: ReadonlyMap<string, Footprint>
  readonly schedule: Schedule
  readonly machine: Machine
  /** By the package's name. */
  readonly versions: Readonly<Record<string, string>>
  readonly took: Duration.Duration
}

/** What is measured, and who is told of it. */
export interface Comparing {
  readonly schedule: Schedule
  /** Has this in its name. */
  readonly only: string
  readonly doing: (what: string) => Effect.Effect<void>
  readonly measured: (result: Result) => Effect.Effect<void>
}

interface Opened {
  readonly name: string
  readonly client: Client
}

const entrants = (opened: ReadonlyArray<Opened>, { operation }: Workload): ReadonlyArray<Entrant> =>
  opened.map(({ client, name }) => ({ name, caller: client[operation] }))

const bySide = (opened: ReadonlyArray<Opened>, schedule: Schedule) => (workload: Workload) =>
  Effect.map(
    pairedRounds(entrants(opened, workload), workload.callers, schedule),
    (samples): Result => ({ workload, samples })
  )

/** One round after the other, as one. */
const joined = (turns: ReadonlyArray<ReadonlyArray<Result>>, workload: Workload): Result => {
  const samples = new Map<string, Array<Sample>>()
  const ofWorkload = turns.flatMap((turn) =>
    turn.filter((result) => result.workload === workload).flatMap((result) => [...result.samples])
  )
  for (const [name, some] of ofWorkload) samples.set(name, [...(samples.get(name) ?? []), ...some])
  return { workload, samples }
}

/** Each round goes through all numbers of callers, so that these can be compared as well. */
const growing = (
  opened: ReadonlyArray<Opened>,
  workloads: ReadonlyArray<Workload>,
  { doing, schedule: { rounds, slice, warmUp } }: Comparing
) =>
  Effect.gen(function* () {
    const turns: Array<ReadonlyArray<Result>> = []
    for (let round = 0; round < rounds; round++) {
      yield* doing(`growth, round ${round + 1} of ${rounds}`)
      const isOdd = round % 2 === 1
      const schedule = { rounds: 1, slice, warmUp: round === 0 ? warmUp : 0 }
      const turn = bySide(isOdd ? opened.toReversed() : opened, schedule)
      turns.push(yield* Effect.forEach(isOdd ? workloads.toReversed() : workloads, turn))
    }
    return workloads.map((workload) => joined(turns, workload))
  })

const named = (workloads: ReadonlyArray<Workload>, only: string) =>
  workloads.filter(({ name }) => name.includes(only))

/** The memory of these is compared: the same fibers wait for both. */
const weighed = ["@effect/sql-pg", "holdfast"]
const mostProcesses = 5

const weighing = (url: Redacted.Redacted, { doing, only, schedule }: Comparing) =>
  Effect.gen(function* () {
    const footprints = new Map<string, Footprint>()
    for (const name of "memory".includes(only) ? weighed : []) {
      yield* doing(`memory, ${name}`)
      const processes = Math.min(mostProcesses, schedule.rounds)
      footprints.set(name, yield* footprintOf(name, url, processes))
    }
    return footprints
  })

const measuring = (url: Redacted.Redacted, comparing: Comparing) =>
  Effect.gen(function* () {
    const { doing, measured, only, schedule } = comparing
    const admin = yield* PgClient.make({ url, maxConnections: 1 })
    yield* admin.unsafe(schema)
    const [server] = yield* admin<{ readonly server_version: string }>`SHOW server_version`
    const footprints = yield* weighing(url, comparing)
    const opened = yield* Effect.forEach(contestants, ({ name, open }) =>
      Effect.map(open(url, maxConnections), (client): Opened => ({ name, client }))
    )
    const results: Array<Result> = []
    const found = (result: Result) => {
      results.push(result)
      return measured(result)
    }
    for (const workload of named([...statements, ...transactions], only)) {
      yield* admin.unsafe(reset)
      yield* doing(workload.name)
      yield* found(yield* bySide(opened, schedule)(workload))
    }
    const grown = named(growth, only)
    if (grown.length > 0) yield* Effect.forEach(yield* growing(opened, grown, comparing), found)
    return { footprints, results, postgresVersion: server?.server_version ?? "unknown" }
  })

/** Lets all contestants meet the workloads, and counts what holdfast and the stock client hold. */
export const compare = (
  url: Redacted.Redacted,
  comparing: Comparing
): Effect.Effect<Comparison, unknown, Scope.Scope | Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const [took, { footprints, postgresVersion, results }] = yield* Effect.timed(
      measuring(url, comparing)
    )
    return {
      results,
      footprints,
      machine: thisMachine(postgresVersion),
      schedule: comparing.schedule,
      versions: yield* packageVersions(contestants.map(({ packageName }) => packageName)),
      took: Duration.seconds(Math.round(Duration.toSeconds(took)))
    }
  })
