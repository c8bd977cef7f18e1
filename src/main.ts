#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { program } from "./Service.ts"

NodeRuntime.runMain(program, { disableErrorReporting: true, disablePrettyLogger: true })
