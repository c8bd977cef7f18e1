import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import { ProofFailed } from "../../proofs/Proof.ts"
import { type Ask, askAt, type Question } from "../../proofs/service/Ask.ts"
import { bytesOf, KeptConnection } from "./KeptConnection.ts"
import type { Service } from "./Service.ts"
import { type Caller, type Slice, sliceOf } from "./Slice.ts"

/** A service that listens. */
export interface RunningService extends Service {
  readonly port: number
}

const newcomer = () => `${randomUUID()}@example.com`

/** As many as are signed in, so that not one row alone is looked up. */
const people = 32

/** Signs somebody up with a service: the question for their session. */
export const somebody = (
  { lookUp, signUp }: Service,
  ask: Ask
): Effect.Effect<Question, ProofFailed> =>
  Effect.suspend(() => ask(signUp(newcomer()))).pipe(
    Effect.mapError(({ message }) => new ProofFailed({ message: `No sign-up: ${message}` })),
    Effect.flatMap(lookUp)
  )

/** Asks a service over at most so many connections. */
export const asked = ({ port }: Pick<RunningService, "port">, atOnce: number): Ask =>
  askAt(`http://127.0.0.1:${port}`, atOnce)

/** Questions for the sessions of people who have just signed up. */
export const lookUps = (service: RunningService) => {
  const person = Effect.map(somebody(service, asked(service, 8)), bytesOf)
  return Effect.map(Effect.replicateEffect(person, people, { concurrency: 8 }), (questions) => {
    let next = 0
    return () => questions[next++ % people] ?? ""
  })
}

/** Questions that sign somebody else up each time. */
export const signUps =
  ({ signUp }: { readonly signUp: (email: string) => Question }) =>
  () =>
    bytesOf(signUp(newcomer()))

/** What callers of a service ask, and how many of them. */
export interface Asking {
  readonly question: () => string
  readonly expected: number
  readonly callers: number
}

const asking =
  (connection: KeptConnection, { expected, question }: Asking): Caller =>
  async () => {
    const status = await connection.ask(question())
    if (status !== expected) throw new Error(`it answered ${status}, not ${expected}`)
  }

const connections = ({ port }: RunningService, { callers }: Asking) =>
  Effect.acquireRelease(
    Effect.sync(() => Array.from({ length: callers }, () => new KeptConnection(port))),
    (opened) =>
      Effect.sync(() => {
        for (const connection of opened) connection.close()
      })
  )

/** Has callers call for so many milliseconds. Any failure ends the benchmark: it measures nothing. */
export const measuredBy = (
  name: string,
  callers: ReadonlyArray<Caller>,
  millis: number
): Effect.Effect<Slice, ProofFailed> =>
  Effect.tryPromise({
    try: async () => {
      // Once each, so that nobody's connection is opened at the cost of a slice.
      await Promise.all(callers.map((caller) => caller()))
      return await sliceOf(callers, millis)
    },
    catch: (cause) =>
      new ProofFailed({ message: `${name}: ${cause instanceof Error ? cause.message : cause}` })
  })

/** The same over HTTP, over a connection of each caller: new ones, as a server drops idle ones. */
export const measuredOver = (
  service: RunningService,
  options: Asking,
  millis: number
): Effect.Effect<Slice, ProofFailed> =>
  connections(service, options).pipe(
    Effect.flatMap((opened) =>
      measuredBy(
        service.name,
        opened.map((each) => asking(each, options)),
        millis
      )
    ),
    Effect.scoped
  )
