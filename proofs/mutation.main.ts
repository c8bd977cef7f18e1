/**
 * Changes the pure modules in a thousand small ways and counts for how many no test fails: `npm run
 * mutation`, or `npm run mutation -- src/pool/Pace.ts` for one or more files. It keeps the result in
 * `proofs/mutation.md`, beside what is there of other files, and prints the survivors.
 */
import { readFile } from "node:fs/promises"
import { Stryker } from "@stryker-mutator/core"
import { Clock, Console, DateTime, Effect } from "effect"
import config from "../stryker.config.json" with { type: "json" }
import { pageOf, rowsOf, type Score, scoreOf } from "./mutation/Page.ts"
import { ProofFailed, publish, runProof } from "./Proof.ts"

const page = "proofs/mutation.md"

const unknownFiles = (files: ReadonlyArray<string>) =>
  files.filter((file) => !config.mutate.includes(file))

const chosen = Effect.suspend(() => {
  const files = process.argv.slice(2)
  const [unknown] = unknownFiles(files)
  return unknown === undefined
    ? Effect.succeed(files.length === 0 ? config.mutate : files)
    : new ProofFailed({ message: `${unknown} is none of the files in stryker.config.json.` })
})

const mutated = (file: string) =>
  Effect.gen(function* () {
    const results = yield* Effect.tryPromise({
      try: () => new Stryker({ mutate: [file] }).runMutationTest(),
      catch: (cause) => new ProofFailed({ message: `Stryker has failed: ${cause}` })
    })
    const today = DateTime.formatIsoDateUtc(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
    const { score, survivors } = scoreOf(file, today, results)
    yield* Effect.forEach(survivors, (survivor) => Console.log(survivor), { discard: true })
    return score
  })

const known = Effect.tryPromise(() => readFile(page, "utf8")).pipe(
  Effect.map(rowsOf),
  Effect.orElseSucceed((): ReadonlyArray<Score> => [])
)

const keep = (score: Score) =>
  Effect.flatMap(known, (scores) =>
    publish(pageOf([...scores.filter(({ file }) => file !== score.file), score]), page)
  )

runProof(
  Effect.flatMap(chosen, (files) =>
    Effect.forEach(files, (file) => Effect.flatMap(mutated(file), keep), { discard: true })
  )
)
