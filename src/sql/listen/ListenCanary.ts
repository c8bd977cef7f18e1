import { Deferred, Duration, Effect, Either, Random } from "effect"
import { PgError } from "../failure/PgError.ts"
import type { ListenSession } from "./ListenSession.ts"

/** How to send a notification from another session. */
export type Notify = (channel: string) => Effect.Effect<void, PgError>

/** Where a client connects to, for the message that says where to connect instead. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** How long sending it may take, and then its arrival: both take milliseconds where they work. */
const canaryTimeout = Duration.seconds(2)

const randomChannel = Effect.map(
  Effect.all([Random.nextIntBetween(0, 2 ** 32), Random.nextIntBetween(0, 2 ** 32)]),
  (numbers) => `holdfast_canary_${numbers.map((number) => number.toString(36)).join("")}`
)

/** Neon names its pooled endpoint after the direct one. */
const neonPooler = /^(ep-[^.]+)-pooler(\..+)$/

const advice = ({ host, port }: Address): string => {
  const [, endpoint, domain] = neonPooler.exec(host) ?? []
  return endpoint === undefined
    ? `give a client for listening the address of the server itself, or of a pooler in session mode, instead of ${host}:${port}`
    : `give a client for listening the direct endpoint, ${endpoint}${domain}, instead of ${host}`
}

const unsupported = (address: Address): PgError =>
  new PgError({
    message: `LISTEN was accepted, but what is notified does not arrive: between here and the server stands a pooler in transaction mode. What to do: ${advice(address)}`,
    cause: new Error(
      "a notification on a channel of its own was sent and committed, and did not arrive before the answer to a later statement"
    ),
    reason: { _tag: "ListenUnsupportedError" },
    outcome: "RolledBack",
    phase: "statement",
    sqlState: undefined,
    isRetryable: false,
    endsSession: false
  })

/**
 * Proves that what is notified arrives on a session: listens to a random channel, has another
 * session notify it, and waits for that.
 *
 * False if the notification could not be sent or came late, which proves nothing. Fails with a `PgError`
 * (`ListenUnsupportedError`) if it was committed and did not arrive although the session answers.
 * The channel is left among the session's for the next `listenTo` to remove.
 */
export const proveListening = (
  session: ListenSession,
  notify: Notify,
  address: Address
): Effect.Effect<boolean, PgError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const canary = yield* randomChannel
      const arrived = yield* Deferred.make<void>()
      yield* session.hear(({ channel }) => {
        if (channel === canary) Deferred.unsafeDone(arrived, Effect.void)
      })
      yield* session.listenTo(new Set([...session.channels, canary]))
      const sent = yield* Effect.either(Effect.timeout(notify(canary), canaryTimeout))
      if (Either.isLeft(sent)) return false
      yield* Effect.timeoutOption(Deferred.await(arrived), canaryTimeout)
      if (yield* Deferred.isDone(arrived)) return true
      // A network that has just gone silent swallows it too; behind an answer it would be here.
      yield* session.prove
      // One that comes with the answer may have been let through for it, as a pooler might.
      return (yield* Deferred.isDone(arrived)) ? false : yield* unsupported(address)
    })
  )
