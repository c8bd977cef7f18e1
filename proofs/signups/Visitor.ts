import { randomUUID } from "node:crypto"
import { Clock, Duration, Effect, Option, Schema } from "effect"
import type { Answer, Ask } from "../service/Ask.ts"
import { SignedUp } from "../service/SignedUp.ts"

/** Somebody who signs up, and by which point they are struck. */
export interface Visitor {
  readonly email: string
  readonly key: string
  readonly point: string
}

/** What became of them. */
export interface Ending {
  readonly visitor: Visitor
  /** Of the last answer; 0: none came. */
  readonly status: number
  /** Of the 201. */
  readonly userId: string | undefined
  /** Whether the token of the 201 opened a session. */
  readonly hasSession: boolean
  readonly requests: number
  readonly millis: number
}

/** How long a visitor tries. The service's own deadline is as long. */
export const deadline = Duration.seconds(30)

/** A visitor whose address nobody has. */
export const newVisitor = (point: string): Visitor => ({
  email: `${randomUUID()}@example.com`,
  key: randomUUID(),
  point
})

const noAnswer: Answer = { status: 0, headers: {}, text: "", millis: 0 }

const isFinal = ({ status }: Answer): boolean =>
  status !== 0 && status !== 503 && status !== 429 && status !== 500

/** As the service says, and soon where it says nothing. */
const pauseAfter = ({ headers }: Answer) => {
  const seconds = Number(headers["retry-after"])
  return seconds > 0 ? Duration.seconds(seconds) : Duration.millis(50)
}

const post = (ask: Ask, { email, key }: Visitor) =>
  ask({
    method: "POST",
    path: "/auth/signup",
    headers: { "idempotency-key": key },
    body: { email, password: "a proof of sign-ups" }
  }).pipe(Effect.orElseSucceed(() => noAnswer))

/** Signs up by the same key again and again, until an answer is final or the deadline has come. */
const answerFor = (ask: Ask, visitor: Visitor, hangUpAfter: Duration.Duration | undefined) => {
  let requests = 0
  let last = noAnswer
  const once = Effect.suspend(() => {
    requests += 1
    const hangsUp = hangUpAfter !== undefined && requests === 1
    return Effect.map(
      Effect.timeoutOption(post(ask, visitor), hangsUp ? hangUpAfter : deadline),
      Option.getOrElse(() => noAnswer)
    )
  }).pipe(
    Effect.tap((answer) => {
      last = answer
      return isFinal(answer) ? Effect.void : Effect.sleep(pauseAfter(answer))
    })
  )
  return Effect.timeoutOption(Effect.repeat(once, { until: isFinal }), deadline).pipe(
    Effect.map(() => ({ answer: last, requests }))
  )
}

const tokenOf = (answer: Answer) =>
  answer.status === 201
    ? Option.getOrUndefined(Schema.decodeUnknownOption(SignedUp)(answer.text))
    : undefined

/** One who hangs up on their first request after so long does not wait for its answer. */
export const signUp = (ask: Ask, visitor: Visitor, hangUpAfter?: Duration.Duration) =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const { answer, requests } = yield* answerFor(ask, visitor, hangUpAfter)
    const millis = (yield* Clock.currentTimeMillis) - begun
    const signedUp = tokenOf(answer)
    return { answer, requests, millis, visitor, signedUp }
  })

/** Whether a token opens the session of a user. The network is faithful again when this is asked. */
const opens = (ask: Ask, { session: { sessionToken }, user }: typeof SignedUp.Type) =>
  Effect.map(
    ask({
      method: "GET",
      path: "/auth/session",
      headers: { authorization: `Bearer ${sessionToken}` }
    }),
    ({ status, text }) => status === 200 && text.includes(user.id)
  ).pipe(Effect.orElseSucceed(() => false))

/** Looks whether what a visitor was answered is true. */
export const endingOf = (
  ask: Ask,
  { answer, signedUp, ...rest }: Effect.Effect.Success<ReturnType<typeof signUp>>
) =>
  Effect.map(
    signedUp === undefined ? Effect.succeed(false) : opens(ask, signedUp),
    (hasSession): Ending => ({
      ...rest,
      hasSession,
      status: answer.status,
      userId: signedUp?.user.id
    })
  )
