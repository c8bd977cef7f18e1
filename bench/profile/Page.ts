import { table } from "../../proofs/Table.ts"
import { described, type Machine } from "../Machine.ts"
import { placeNames } from "./CpuProfile.ts"
import type { Profile } from "./Profiled.ts"

/** Profiles of the same requests, by the service that answered them. */
export type Profiles = ReadonlyMap<string, Profile>

/** Everything that was profiled, and where. */
export interface ProfileRun {
  readonly lookUps: Profiles
  readonly signUps: Profiles
  readonly callers: { readonly lookUps: number; readonly signUps: number }
  readonly seconds: number
  readonly machine: Machine
}

const rounded = (micros: number): string => (micros < 0.5 ? "" : micros.toFixed(0))

const rows = (profiles: Profiles) => {
  const all = [...profiles.values()]
  const row = (name: string, figure: (profile: Profile) => number) => [
    name,
    ...all.map((profile) => rounded(figure(profile)))
  ]
  return [
    ...placeNames
      .filter((place) => all.some(({ places }) => (places.get(place) ?? 0) >= 0.5))
      .map((place) => row(place, ({ places }) => places.get(place) ?? 0)),
    row("**together**", ({ busy }) => busy),
    row("requests a second, under the profiler", ({ perSecond }) => perSecond)
  ]
}

const profiled = (profiles: Profiles): string =>
  table(["µs of the main thread", ...profiles.keys()], rows(profiles))

/** The page: where the time of a request goes, beside the same by hand. */
export const page = (run: ProfileRun): string => `# Where the time of a request goes

What the main thread of a service spends on one request, in microseconds by the code that it was in, when V8 looked every
200 µs for ${run.seconds} s. "by hand" and "by hand on HttpApi" are those of [HTTP](http.md); holdfast is the built
service, not bundled, so that its code can be told from that of its libraries.

Measured by \`npm run profile\` on ${described(run.machine)}.
The database and who asks share the processors, a thread that waits for one counts as where it is, and the profiler takes
its part: compare columns, not pages.

## Session look-ups

${run.callers.lookUps} at the same time.

${profiled(run.lookUps)}

## Sign-ups

${run.callers.signUps} at the same time. Passwords are hashed in other threads, which are not in it, but push what the main
thread needs out of the processors' caches.

${profiled(run.signUps)}
`
