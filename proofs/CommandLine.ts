import { parseArgs } from "node:util"
import { Console, Effect } from "effect"
import { ProofFailed } from "./Proof.ts"

/** What a command tells of itself with `--help`, and its options with their defaults: whole numbers. */
export interface CommandLine<Options> {
  readonly usage: string
  readonly defaults: Options
}

type Numbers = Readonly<Record<string, number>>

const numberOf = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text} is no whole number`)
  return Number(text)
}

const parsed = <Options extends Numbers>({ defaults }: CommandLine<Options>) => {
  const named = Object.keys(defaults).map((name) => [name, { type: "string" }] as const)
  const { values } = parseArgs({
    options: { help: { type: "boolean" }, ...Object.fromEntries(named) }
  })
  const { help = false, ...texts } = values
  const given = Object.entries(texts).map(([name, text]) => [name, numberOf(name, String(text))])
  const options: Options = { ...defaults, ...Object.fromEntries(given) }
  return { help, options, isDefault: given.length === 0 }
}

/**
 * Runs a program with the options of this process, or tells how to use it. `isDefault` says that no
 * option was given: a report of less than the whole is not kept.
 */
export const withOptions =
  <Options extends Numbers>(command: CommandLine<Options>) =>
  <E, R>(
    program: (options: Options, isDefault: boolean) => Effect.Effect<void, E, R>
  ): Effect.Effect<void, E | ProofFailed, R> =>
    Effect.try({
      try: () => parsed(command),
      catch: (cause) =>
        new ProofFailed({
          message: `${cause instanceof Error ? cause.message : cause}.\n\n${command.usage}`
        })
    }).pipe(
      Effect.flatMap(({ help, isDefault, options }) =>
        help === true ? Console.log(command.usage) : program(options, isDefault)
      )
    )

/** Tells a terminal what a command does now, and nobody else. */
export const doing = (what: string): Effect.Effect<void> =>
  process.stderr.isTTY ? Console.error(`${what}...`) : Effect.void

/** Tells a terminal how far a command has come, and nobody else. */
export const progress =
  (each: number) =>
  (done: number, of: number): Effect.Effect<void> =>
    process.stderr.isTTY && done % each === 0 ? Console.error(`${done} of ${of}`) : Effect.void
