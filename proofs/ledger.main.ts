/** Keeps the byte-offset ledger: `npm run ledger`, with `--cuts 500` or `--only <cut>` for less. */
import { writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Teardown } from "@effect/platform/Runtime"
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Data, Effect, Exit, Logger, LogLevel, Option } from "effect"
import { cutNamed } from "./Cut.ts"
import { keepLedger, type Ledger } from "./Ledger.ts"
import { LedgerDatabase } from "./LedgerDatabase.ts"
import { offenceLine, offending, page } from "./Report.ts"

const reportFile = fileURLToPath(new URL("ledger.md", import.meta.url))

/** The ledger can't be kept, or what it shows breaks a promise. */
class LedgerFailed extends Data.TaggedError("LedgerFailed")<{ readonly message: string }> {}

const options = Effect.try({
  try: () => {
    const { values } = parseArgs({
      options: { cuts: { type: "string" }, only: { type: "string", multiple: true } }
    })
    const only = (values.only ?? []).map((name) => {
      const cut = cutNamed(name)
      if (cut === undefined) throw new Error(`${name} names no cut`)
      return cut
    })
    const atMost = values.cuts === undefined ? Number.POSITIVE_INFINITY : Number(values.cuts)
    if (!(atMost >= 1)) throw new Error(`--cuts ${values.cuts} is no number of cuts`)
    return { only, atMost, isWhole: only.length === 0 && atMost === Number.POSITIVE_INFINITY }
  },
  catch: (cause) =>
    new LedgerFailed({
      message: `${cause instanceof Error ? cause.message : cause}. Give --cuts 500, or \
--only transaction/warm:toServer:reset:317, or nothing for the whole ledger.`
    })
})

const progress = (done: number, of: number) =>
  done % 1000 === 0 ? Console.error(`${done} of ${of}`) : Effect.void

const published = (ledger: Ledger, isWhole: boolean) => {
  const text = page(ledger)
  return isWhole ? Effect.promise(() => writeFile(reportFile, text)) : Console.log(text)
}

const judged = (ledger: Ledger) => {
  const offences = offending(ledger)
  const message = `${offences.length} of ${ledger.entries.length} sign-ups broke a promise`
  return offences.length === 0
    ? Console.log(`${ledger.entries.length} sign-ups, every promise kept`)
    : Effect.zipRight(
        Effect.forEach(offences.slice(0, 20), (entry) => Console.error(offenceLine(entry))),
        new LedgerFailed({ message })
      )
}

const program = ({ isWhole, ...chosen }: Effect.Effect.Success<typeof options>) =>
  Effect.gen(function* () {
    const ledger = yield* keepLedger({ ...chosen, progress })
    yield* published(ledger, isWhole)
    yield* judged(ledger)
  }).pipe(Effect.provide(LedgerDatabase.layer))

const told = (cause: Cause.Cause<{ readonly message: string }>) =>
  Cause.isInterruptedOnly(cause)
    ? Effect.void
    : Console.error(
        Cause.failureOption(cause).pipe(
          Option.match({ onNone: () => Cause.pretty(cause), onSome: ({ message }) => message })
        )
      )

/** A ledger that was interrupted has shown nothing: it ends as a shell says of SIGINT. */
const teardown: Teardown = (exit, end) =>
  end(Exit.isSuccess(exit) ? 0 : Exit.isInterrupted(exit) ? 130 : 1)

NodeRuntime.runMain(
  Effect.flatMap(options, program).pipe(
    Effect.tapErrorCause(told),
    // Thousands of connections are lost here, and the pool would tell of each.
    Logger.withMinimumLogLevel(LogLevel.Error)
  ),
  { teardown, disableErrorReporting: true }
)
