import { readFileSync } from "node:fs"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Schema } from "effect"
import { checkCommand } from "./check.ts"
import { helpFor, mistakeOf } from "./Help.ts"
import { migrateCommand } from "./migrate.ts"
import { sentenceOf } from "./Outcome.ts"
import { complain, print, withMistakes } from "./Screen.ts"
import { serve } from "./serve.ts"
import { sessions } from "./sessions.ts"

const Manifest = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** Of the package that this file is in, which has it two folders up, built or not. */
const { version } = Schema.decodeSync(Manifest)(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8")
)

const root = Command.make("holdfast").pipe(
  Command.withSubcommands([serve, migrateCommand, checkCommand, sessions])
)

const run = Command.run(root, { name: "holdfast", version, executable: "holdfast" })

const parsed = (args: ReadonlyArray<string>) =>
  run(["node", "holdfast", ...args]).pipe(
    Effect.tapErrorCause((cause) => {
      const sentence = sentenceOf(cause)
      return sentence === undefined ? Effect.void : complain(sentence)
    }),
    withMistakes((said) => mistakeOf(said, args)),
    Effect.provide([CliConfig.layer({ isCaseSensitive: true }), NodeContext.layer])
  )

/** Does what the arguments of a process ask for, and says why if it can't. */
export const holdfast = (args: ReadonlyArray<string>): Effect.Effect<void, unknown> =>
  Effect.suspend(() => {
    const page = helpFor(args)
    return page === undefined ? parsed(args) : print(page)
  })
