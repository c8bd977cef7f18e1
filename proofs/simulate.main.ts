/**
 * Simulates random programs: `npm run simulate`, with `--seeds 1000000` and `--from 1` for how many,
 * or `--seed 7` for the story of one.
 */
import { parseArgs } from "node:util"
import { Clock, Console, Duration, Effect } from "effect"
import { ProofFailed, runProof } from "./Proof.ts"
import { programOf, runSeed, scriptOf, storyOf } from "./simulation/Seed.ts"

/** As many as `npm test` runs. */
const usual = 10_000

const whole = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text} is no whole number`)
  return Number(text)
}

const options = Effect.try({
  try: () => {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: String(usual) },
        from: { type: "string", default: "1" },
        seed: { type: "string" }
      }
    })
    const { from, seed, seeds } = values
    return {
      from: whole("from", from),
      seeds: whole("seeds", seeds),
      seed: seed === undefined ? undefined : whole("seed", seed)
    }
  },
  catch: (cause) =>
    new ProofFailed({
      message: `${cause instanceof Error ? cause.message : cause}. Give --seeds 1000000, with \
--from 1 where to begin, or --seed 7 for the story of one, or nothing for ${usual} seeds.`
    })
})

const progress = (done: number, of: number) =>
  process.stderr.isTTY && done % 500 === 0 ? Console.error(`${done} of ${of}`) : Effect.void

/** One seed; a failure ends the proof, with what it takes to see it again. */
const ran = (seed: number) =>
  Effect.suspend(() => {
    const result = runSeed(seed)
    if (!("program" in result)) return Effect.succeed(result)
    const story = storyOf(result.program).join("\n")
    return new ProofFailed({ message: `${scriptOf(result)}\n${story}` })
  })

const many = (from: number, seeds: number) =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    let steps = 0
    let bursts = 0
    for (let done = 0; done < seeds; done++) {
      const figures = yield* ran(from + done)
      steps += figures.steps
      bursts += figures.bursts
      // A turn of the event loop, so that the proof can be interrupted.
      if (done % 50 === 0) yield* Effect.sleep(Duration.zero)
      yield* progress(done, seeds)
    }
    const took = Duration.millis((yield* Clock.currentTimeMillis) - began)
    const time = Duration.format(Duration.seconds(Math.round(Duration.toSeconds(took))))
    yield* Console.log(
      `${seeds} seeds from ${from}, ${steps} steps, ${bursts} moments at which every invariant was \
looked at, in ${time}: all kept`
    )
  })

const one = (seed: number) =>
  Effect.zipRight(Console.log(storyOf(programOf(seed)).join("\n")), Effect.asVoid(ran(seed)))

runProof(
  Effect.flatMap(options, ({ from, seed, seeds }) =>
    seed === undefined ? many(from, seeds) : one(seed)
  )
)
