import { Context, Effect, Layer, Option, Queue, Redacted, Ref } from "effect"
import { Mailer, type MailRefused } from "../mail/Mailer.ts"

/** A mail as its reader sees it. */
export interface ReceivedMail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/**
 * Keeps mail in memory instead of sending it, so that a test can read it.
 *
 * The layer provides the `Mailer` to the code under test and this to the test.
 */
export class MemoryMailer extends Context.Tag("holdfast/testing/MemoryMailer")<
  MemoryMailer,
  {
    /** All mails so far, the oldest first. */
    readonly received: Effect.Effect<ReadonlyArray<ReceivedMail>>
    /** The oldest mail that this has not given yet; waits until there is one. */
    readonly next: Effect.Effect<ReceivedMail>
    /** Refuses every further mail like this; `Option.none()`: takes them again. */
    readonly refuse: (refusal: Option.Option<MailRefused>) => Effect.Effect<void>
  }
>() {
  /** A `Mailer` without a server. */
  static readonly layer: Layer.Layer<MemoryMailer | Mailer> = Layer.effectContext(
    Effect.gen(function* () {
      const mails = yield* Ref.make<ReadonlyArray<ReceivedMail>>([])
      const unread = yield* Queue.unbounded<ReceivedMail>()
      const refusal = yield* Ref.make(Option.none<MailRefused>())
      const take = (mail: ReceivedMail) =>
        Effect.zipRight(
          Ref.update(mails, (earlier) => [...earlier, mail]),
          Effect.asVoid(Queue.offer(unread, mail))
        )
      return Context.make(Mailer, {
        send: ({ subject, text, to }) =>
          Effect.flatMap(
            Ref.get(refusal),
            Option.match({
              onNone: () => take({ to, subject, text: Redacted.value(text) }),
              onSome: Effect.fail
            })
          )
      }).pipe(
        Context.add(MemoryMailer, {
          received: Ref.get(mails),
          next: Queue.take(unread),
          refuse: (next) => Ref.set(refusal, next)
        })
      )
    })
  )
}
