import { access, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Duration, Effect, type Redacted, Schedule, Schema } from "effect"
import { ProofFailed } from "../../proofs/Proof.ts"
import { type Asking, measuredOver, type RunningService } from "../http/Crowd.ts"
import { startServer } from "../http/ServerProcess.ts"
import type { Service } from "../http/Service.ts"
import { CpuProfile, type Spent, spent } from "./CpuProfile.ts"

const profiler = fileURLToPath(new URL("profiler.mjs", import.meta.url))

/** What the main thread of a service spent on a request, in microseconds. */
export interface Profile extends Spent {
  readonly perSecond: number
}

/** A service that runs and can be profiled. */
export interface ProfiledService {
  readonly service: RunningService
  readonly profile: (asking: Asking, millis: number) => Effect.Effect<Profile, ProofFailed>
}

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "holdfast-profile-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const failed = (cause: unknown) =>
  new ProofFailed({
    message: `No profile was written: ${cause instanceof Error ? cause.message : cause}`
  })

const taken = (file: string) =>
  Effect.tryPromise({ try: () => access(file), catch: failed }).pipe(
    Effect.retry(Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(400))),
    Effect.zipRight(Effect.tryPromise({ try: () => readFile(file, "utf8"), catch: failed })),
    Effect.flatMap(Schema.decode(Schema.parseJson(CpuProfile))),
    Effect.mapError(failed),
    Effect.zipLeft(Effect.promise(() => rm(file)))
  )

/** Longer than a few thousand requests take: by then all of it is compiled. */
const warmUp = Duration.toMillis("4 seconds")

/** Starts a service under the profiler; it ends with the scope. */
export const started = (service: Service, database: Redacted.Redacted<string>) =>
  Effect.gen(function* () {
    const file = join(yield* folder, "main.cpuprofile")
    const program = service.program(database)
    const { pid, port } = yield* startServer(
      {
        ...program,
        args: ["--import", profiler, ...program.args],
        env: { ...program.env, PROFILE: file }
      },
      service.isUp
    )
    const running: RunningService = { ...service, port }
    const toggle = Effect.sync(() => process.kill(pid, "SIGUSR2"))
    return {
      service: running,
      profile: (asking, millis) =>
        Effect.gen(function* () {
          yield* measuredOver(running, asking, warmUp)
          yield* toggle
          const { perSecond } = yield* measuredOver(running, asking, millis)
          yield* toggle
          return perRequest(spent(yield* taken(file)), perSecond)
        })
    } satisfies ProfiledService
  })

const perRequest = ({ all, busy, places }: Spent, perSecond: number): Profile => {
  const requests = (perSecond * all) / 1e6
  return {
    perSecond,
    places: new Map([...places].map(([place, micros]) => [place, micros / requests])),
    busy: busy / requests,
    all: all / requests
  }
}
