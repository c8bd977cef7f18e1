import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Duration, Effect, Option } from "effect"
import { PgClient, PgError } from "../src/sql/index.ts"
import type { Cut } from "./Cut.ts"
import { truthOf } from "./Observation.ts"
import type { Exchange } from "./Plan.ts"
import { arm, clientFor, type ProxiedClient } from "./ProxiedClient.ts"
import { formOf, newSignUp, type SignUp } from "./SignUp.ts"
import { type Promised, type Reported, type Truth, type Verdict, verdictOf } from "./Verdict.ts"

/** One line of the ledger. */
export interface Entry {
  readonly cut: Cut
  /** False if the exchange was over before it came to the offset: then nothing was cut. */
  readonly wasCut: boolean
  /** How often its work was begun. */
  readonly attempts: number
  /** The client asked what had become of a transaction. */
  readonly hasAsked: boolean
  readonly reported: Reported
  readonly truth: Truth
  readonly verdict: Verdict
}

/** Longer than any run may take: the deadline of a replay is 10 seconds. */
const deadline = Duration.seconds(30)

/** What a caller can do about a network that says nothing any more. */
const withPatience = PgClient.statementTimeout("2 seconds")

const failed = (error: SqlError): Reported =>
  error instanceof PgError
    ? { _tag: "Failure", outcome: error.outcome, phase: error.phase, message: error.message }
    : { _tag: "Defect", message: `no PgError: ${error.message}` }

const reportOf = (signUp: Effect.Effect<void, SqlError>): Effect.Effect<Reported> =>
  signUp.pipe(
    Effect.timeoutOption(deadline),
    Effect.map(
      Option.match({
        onNone: (): Reported => ({
          _tag: "Defect",
          message: `no answer within ${Duration.format(deadline)}`
        }),
        onSome: (): Reported => ({ _tag: "Success" })
      })
    ),
    Effect.catchAll((error) => Effect.succeed(failed(error))),
    Effect.catchAllCause((cause) =>
      Effect.succeed<Reported>({ _tag: "Defect", message: Cause.pretty(cause) })
    )
  )

const signedUp = (client: ProxiedClient, cut: Cut, signUp: SignUp) =>
  Effect.gen(function* () {
    yield* arm(client, cut)
    let attempts = 0
    const begun = Effect.sync(() => {
      attempts += 1
    })
    const run = formOf[cut.series.form].run(client.sql, signUp, begun)
    const reported = yield* reportOf(cut.ending === "blackhole" ? withPatience(run) : run)
    const { cuts } = yield* client.proxy.stats
    const { applicationName, hasAsked } = client
    return { reported, attempts, wasCut: cuts > 0, hasAsked: hasAsked(), applicationName }
  })

const promised = ({ direction, offset, series }: Cut, { opening }: Exchange): Promised => {
  const { isReplayed, isResolvable } = formOf[series.form]
  return { isReplayed, isResolvable, wasSent: offset >= opening[direction] }
}

/** Signs somebody up over a connection that is cut, and compares what was said to what is there. */
export const cutSignUp = (cut: Cut, exchange: Exchange) =>
  Effect.gen(function* () {
    const signUp = yield* newSignUp
    const { applicationName, ...run } = yield* Effect.scoped(
      Effect.flatMap(clientFor(cut.series), (client) => signedUp(client, cut, signUp))
    )
    const truth = yield* truthOf(signUp, applicationName)
    const verdict = verdictOf(run.reported, truth, promised(cut, exchange))
    return { cut, ...run, truth, verdict } satisfies Entry
  })
