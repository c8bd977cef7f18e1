import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, type Redacted } from "effect"
import { authSchema } from "../../auth/authSchema.ts"
import * as Migrations from "../../auth/Migrations.ts"
import { describe } from "../../sql/failure/classify.ts"
import { type InspectedSession, inspectedSession } from "../../sql/InspectedSession.ts"
import type { PgClientConfig } from "../../sql/PgClientConfig.ts"
import { statementTimeout } from "../../sql/session/statementTimeout.ts"
import { type Finding, ok, problem } from "./Finding.ts"
import {
  judgeAbandoned,
  judgeFleet,
  judgeIdle,
  judgeRoom,
  judgeStatements,
  type PoolSettings
} from "./judgeLimits.ts"
import {
  type Answered,
  isShared,
  judgeColdStart,
  judgeRoundTrip,
  judgeRoute,
  judgeTls,
  oneBackend,
  onlyOne,
  spoken
} from "./judgePath.ts"
import {
  judgePermissions,
  judgeSchema,
  judgeSight,
  judgeVersion,
  judgeWriting
} from "./judgeServer.ts"
import { loginFailure } from "./LoginFailure.ts"
import { answersOf, roundTrips, timed } from "./measure.ts"
import { type Place, placeOf } from "./Place.ts"
import { ownName, serverFacts } from "./ServerFacts.ts"
import { reach, resolveName, Stopped, speaksPostgres } from "./Steps.ts"

/** What is looked at, and who is told. */
export interface CheckOptions {
  readonly url: Redacted.Redacted
  readonly address: { readonly host: string; readonly port: number; readonly isDirectTls: boolean }
  readonly pool: PoolSettings & PgClientConfig & { readonly connectTimeout: Duration.Duration }
  readonly instances: number
  /** Told of each finding as soon as it is made. */
  readonly tell: (finding: Finding) => Effect.Effect<void>
  /** Told of what takes a moment. */
  readonly doing: (what: string) => Effect.Effect<void>
}

const stoppedBy = ({ cause }: SqlError): Stopped => new Stopped(loginFailure(cause))

/** The steps to the server, as far as they can be told apart from outside. */
const reached = ({ address, doing, pool, tell }: CheckOptions, place: Place) =>
  Effect.gen(function* () {
    const { connectTimeout: within } = pool
    yield* doing(`Looking up ${place.host}`)
    yield* tell(yield* resolveName(place, within))
    yield* doing(`Connecting to ${place.host}:${place.port}`)
    const [took, socket] = yield* timed(reach(place, within))
    yield* tell(ok("Port", `${place.host}:${place.port} answered in ${spoken(took)}`))
    if (address.isDirectTls) return
    yield* speaksPostgres(socket, place, within)
    yield* tell(ok("Protocol", "Postgres"))
  }).pipe(Effect.scoped)

const loggedIn = ({ doing, pool, url }: CheckOptions, what: string) =>
  Effect.zipRight(
    doing(what),
    Effect.mapError(inspectedSession({ ...pool, url, applicationName: ownName }), stoppedBy)
  )

/** A statement may wait for a backend as long as a session may take to open, and then be answered. */
const longestAnswer = ({ pool }: CheckOptions) => Duration.times(pool.connectTimeout, 2)

/** A second session beside the first, for what one alone can't show. */
const beside = (options: CheckOptions, first: InspectedSession) =>
  Effect.gen(function* () {
    const second = yield* loggedIn(options, "Opening a second session")
    const { connectTimeout } = options.pool
    yield* options.tell(judgeColdStart(first.openedIn, second.openedIn, connectTimeout))
    const answers = yield* Effect.mapError(
      answersOf(first.connection, second.connection, connectTimeout),
      stoppedBy
    )
    if (answers.hasWaited) yield* options.tell(oneBackend(connectTimeout))
    return answers.answered
  }).pipe(
    Effect.catchAll(({ finding }) =>
      Effect.as(options.tell(onlyOne(finding.seen)), [] as ReadonlyArray<Answered>)
    )
  )

/** All that an open session can be asked. */
const asked = (options: CheckOptions, place: Place, session: InspectedSession) =>
  Effect.gen(function* () {
    const { connection, isProxied } = session
    const { doing, instances, pool, tell } = options
    yield* tell(judgeTls(session, place))
    const answers = yield* beside(options, session)
    yield* tell(judgeRoute(session, answers, place))
    yield* doing("Measuring the round trip")
    yield* tell(judgeRoundTrip(yield* roundTrips(connection)))
    yield* doing("Asking the server about itself")
    const own = answers.map(({ pid }) => pid)
    const facts = yield* serverFacts(connection, authSchema.tables, own)
    const state = yield* Migrations.state(connection)
    const isPooled = isShared(answers) || place.isPooler
    const findings = [
      judgeVersion(facts),
      judgeWriting(facts),
      judgePermissions(facts, state),
      judgeSight(facts),
      judgeRoom(facts),
      judgeFleet(facts, { instances, isPooled, pool }),
      judgeIdle(facts, pool),
      judgeAbandoned(facts, isProxied),
      judgeStatements(facts),
      judgeSchema(state)
    ]
    yield* Effect.forEach(findings, tell)
  })

const lost = ({ cause }: SqlError) =>
  new Stopped(
    problem(
      "Session",
      `a question was not answered: ${describe(cause)}`,
      "Try again, and look at the server's log."
    )
  )

/** Looks at a database from the outside in, and stops at the first step that can't be made. */
export const check = (options: CheckOptions): Effect.Effect<void> =>
  Effect.gen(function* () {
    const place = placeOf(options.address)
    yield* reached(options, place)
    const session = yield* loggedIn(options, "Logging in")
    yield* options.tell(ok("Login", "the server lets this user in"))
    yield* asked(options, place, session).pipe(
      statementTimeout(longestAnswer(options)),
      Effect.catchTag("SqlError", (error) => Effect.fail(lost(error)))
    )
  }).pipe(
    Effect.scoped,
    Effect.catchAll(({ finding }) => options.tell(finding))
  )
