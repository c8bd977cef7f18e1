#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { holdfast } from "./holdfast.ts"
import { exitCodeOf } from "./Outcome.ts"

const args = process.argv.slice(2)

NodeRuntime.runMain(holdfast(args), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: (exit, end) => end(exitCodeOf(exit, args))
})
