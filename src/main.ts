#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { endAtSecondSignal } from "./endAtSecondSignal.ts"
import { program } from "./Service.ts"

endAtSecondSignal()
NodeRuntime.runMain(program, { disableErrorReporting: true, disablePrettyLogger: true })
