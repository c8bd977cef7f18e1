import { Duration } from "effect"
import type { ContestantRun, Struck } from "../../../bench/faults/ContestantRun.ts"
import { type FaultName, faults } from "../../../bench/faults/Fault.ts"
import type { Operation, Told } from "../../../bench/faults/Operation.ts"

export const done: Told = { _tag: "Done", found: [] }
export const failed: Told = { _tag: "Failed", message: "connection lost" }

/** A sign-up of its own. */
export const operation = (began: number, ended: number, told: Told = done): Operation => ({
  request: { _tag: "SignUp", signUp: { account: `${began} to ${ended}`, session: "s" } },
  told,
  began,
  ended
})

export const struck = (name: FaultName, from: number, until: number = from): Struck => {
  const fault = faults.find((each) => each.name === name)
  if (fault === undefined) throw new Error(`${name} is no fault`)
  return { fault, from, until }
}

/** A run in which what was told is the truth. */
export const runOf = (
  operations: ReadonlyArray<Operation>,
  rest: Partial<ContestantRun> = {}
): ContestantRun => ({
  contestant: "holdfast",
  operations,
  struck: [struck("reset", 1000), struck("crash", 5000, 7000)],
  deaths: [],
  truth: new Map(
    operations.flatMap(({ request, told }) =>
      request._tag === "SignUp" && told._tag === "Done"
        ? [[request.signUp.account, { accounts: 1, sessions: 1 }] as const]
        : []
    )
  ),
  opened: 10,
  lags: [1],
  postgresVersion: "18.4",
  took: Duration.seconds(10),
  ...rest
})
