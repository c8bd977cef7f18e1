import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Schema } from "effect"
import { check } from "./check/Check.ts"
import { type Finding, worst } from "./check/Finding.ts"
import { lineOf, reportOf, summaryOf } from "./checkReport.ts"
import { FoundWrong } from "./Outcome.ts"
import { reporting } from "./Reporting.ts"
import { print, printJson, progress, progressOver } from "./Screen.ts"
import { jsonOption, type Target, target, urlOption } from "./Target.ts"

const instancesOption = Options.integer("instances").pipe(
  Options.withSchema(
    Schema.Int.pipe(
      Schema.between(1, 10_000, {
        message: () => "--instances must be a whole number from 1 to 10000"
      })
    )
  ),
  Options.withDefault(1)
)

const findingsOf = (at: Target, instances: number, json: boolean) =>
  Effect.gen(function* () {
    const findings: Array<Finding> = []
    const tell = (finding: Finding) =>
      Effect.suspend(() => {
        findings.push(finding)
        return json ? Effect.void : Effect.zipRight(progressOver, print(lineOf(finding)))
      })
    yield* Effect.ensuring(check({ ...at, instances, tell, doing: progress }), progressOver)
    return findings
  })

export const checkCommand = Command.make(
  "check",
  { instances: instancesOption, json: jsonOption, url: urlOption },
  ({ instances, json, url }) =>
    Effect.gen(function* () {
      const at = yield* target(url)
      const findings = yield* findingsOf(at, instances, json)
      yield* json ? printJson(reportOf(at.address, findings)) : print(summaryOf(findings))
      if (worst(findings) === "problem") return yield* new FoundWrong()
    }).pipe(reporting(json))
)
