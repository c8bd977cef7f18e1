#!/usr/bin/env node
import * as CliConfig from "@effect/cli/CliConfig"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { holdfast } from "./holdfast.ts"
import { exitCodeOf, sentenceOf } from "./Outcome.ts"
import { complain, throughScreen } from "./Screen.ts"

const program = holdfast(process.argv).pipe(
  Effect.tapErrorCause((cause) => {
    const sentence = sentenceOf(cause)
    return sentence === undefined ? Effect.void : complain(sentence)
  }),
  throughScreen,
  Effect.provide(CliConfig.layer({ showBuiltIns: false, isCaseSensitive: true })),
  Effect.provide(NodeContext.layer)
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: (exit, end) => end(exitCodeOf(exit))
})
