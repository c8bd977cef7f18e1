import { Context, Effect, Either, Layer, Option, Queue, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import type { Letter } from "../../src/auth/Letter.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"

/** Where the letters of a test arrive. */
export class Mailbox extends Context.Tag("test/Mailbox")<
  Mailbox,
  { readonly all: Array<Letter>; readonly arrivals: Queue.Queue<Letter> }
>() {
  static readonly layer = Layer.effect(
    Mailbox,
    Effect.map(Queue.unbounded<Letter>(), (arrivals) => ({ all: [], arrivals }))
  )
}

/** Delivers into the mailbox. */
export const deliver = (letter: Letter) =>
  Effect.flatMap(Mailbox, ({ all, arrivals }) => {
    all.push(letter)
    return Effect.asVoid(Queue.offer(arrivals, letter))
  })

/** The next letter of a kind to an address; others are thrown away. */
export const nextLetter = <Tag extends Letter["_tag"]>(tag: Tag, recipient: string) =>
  Effect.flatMap(Mailbox, ({ arrivals }) =>
    Queue.take(arrivals).pipe(
      Effect.map((letter) =>
        letter._tag === tag && letter.recipient === recipient
          ? Option.some(letter as Extract<Letter, { readonly _tag: Tag }>)
          : Option.none()
      ),
      Effect.repeat({ until: Option.isSome }),
      Effect.flatten,
      Effect.timeout("10 seconds"),
      Effect.orDie
    )
  )

/** The token of the next letter of a kind to an address. */
export const nextToken = (
  tag: "VerifyEmail" | "ConfirmEmailChange" | "KeepEmail" | "PasswordReset" | "ConfirmSignUp",
  recipient: string
): Effect.Effect<OneTimeToken.OneTimeToken, never, Mailbox> =>
  Effect.map(nextLetter(tag, recipient), ({ token }) =>
    Either.getOrThrow(OneTimeToken.parse(Redacted.value(token)))
  )

/** All of auth/ with letters and without limits, over a database of its own. */
export const authWithMail = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(Outbox.layer(deliver), Throttle.off, cheapPasswords)),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(TestDatabase.layer)
)
