import { Schema } from "effect"

/** A profile as V8 takes it: at each look, where the thread was, and microseconds since the one before. */
export const CpuProfile = Schema.Struct({
  nodes: Schema.Array(
    Schema.Struct({
      id: Schema.Number,
      callFrame: Schema.Struct({ functionName: Schema.String, url: Schema.String })
    })
  ),
  samples: Schema.Array(Schema.Number),
  timeDeltas: Schema.Array(Schema.Number),
  startTime: Schema.Number,
  endTime: Schema.Number
})

/** See the schema of the same name. */
export type CpuProfile = typeof CpuProfile.Type

/** Where a thread spends its time; the first pattern that fits names it. */
const places: ReadonlyArray<readonly [string, RegExp]> = [
  ["collecting garbage", /^\(garbage collector\) /],
  ["writing to sockets", /^write(v|Buffer|Latin1String|Utf8String|UcsString|AsciiString)? $/],
  ["the rest of native code", /^[^ ]* $|^\([a-z ]+\) /],
  ["Node.js", / node:/],
  ["Effect's schemas", /\/effect\/.*(Schema|ParseResult|SchemaAST)\.js$/],
  ["Effect", /\/node_modules\/effect\//],
  ["platform", /\/node_modules\/@effect\/platform/],
  ["@effect/sql", /\/node_modules\/@effect\/(sql|experimental)/],
  ["pg", /\/node_modules\/pg[-/]/],
  ["holdfast: pool and sql", /\/dist\/(pool|sql|runtime)\//],
  ["holdfast: auth", /\/dist\/auth\//],
  ["holdfast: http and log", /\/dist\//],
  ["its own code", /\/bench\//]
]

/** All names that a place may have, in the order in which they are told. */
export const placeNames: ReadonlyArray<string> = [...places.map(([name]) => name), "elsewhere"]

const placeOf = (functionName: string, url: string): string => {
  const words = `${functionName} ${url}`
  return places.find(([, pattern]) => pattern.test(words))?.[0] ?? "elsewhere"
}

/** The profile of a thread, in microseconds: by place, and in all. */
export interface Spent {
  readonly places: ReadonlyMap<string, number>
  /** In which it had something to do. */
  readonly busy: number
  /** Idle or not. */
  readonly all: number
}

/** What a thread spent its time on. */
export const spent = ({ endTime, nodes, samples, startTime, timeDeltas }: CpuProfile): Spent => {
  const frames = new Map(nodes.map(({ callFrame, id }) => [id, callFrame]))
  const places = new Map<string, number>()
  let busy = 0
  for (const [index, sample] of samples.entries()) {
    const frame = frames.get(sample)
    // A look tells what was done until the next one.
    const micros = timeDeltas[index + 1] ?? 0
    if (frame === undefined || frame.functionName === "(idle)") continue
    const place = placeOf(frame.functionName, frame.url)
    places.set(place, (places.get(place) ?? 0) + micros)
    busy += micros
  }
  return { places, busy, all: endTime - startTime }
}
