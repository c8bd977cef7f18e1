import { availableParallelism } from "node:os"
import { Brand, Context, Duration, Effect, Layer, Redacted, type Scope } from "effect"
import type { HashingOverloaded } from "./AuthError.ts"
import { todaysCost } from "./HashCost.ts"
import { makeHashingQueue } from "./HashingQueue.ts"
import { makeHashingThreads } from "./HashingThreads.ts"
import { normalisePassword, type Password } from "./Password.ts"
import { makeUsualTime } from "./UsualTime.ts"

/** How many passwords are hashed at once, and how many wait for how long. */
export interface PasswordsOptions {
  /** The most hashes that are computed at the same time. Default one for each core and one more, at most 16. */
  readonly concurrency?: number | undefined
  /** The most hashes that may wait; further ones are refused at once. Default 256. */
  readonly maxWaiting?: number | undefined
  /** The longest that one may wait; then it is refused. Default 10 s. */
  readonly maxWait?: Duration.DurationInput | undefined
}

/** What is stored instead of a password: a PHC string, `$argon2id$v=19$m=...,t=...,p=...$salt$tag`. */
export type PasswordHash = Redacted.Redacted<string> & Brand.Brand<"PasswordHash">

/** Marks a string that came out of the database as a hash. */
export const PasswordHash = Brand.nominal<PasswordHash>()

/** How every hash of today's cost begins. */
const PREFIX = `$argon2id$v=19$m=${todaysCost.memoryCost},t=${todaysCost.timeCost},p=${todaysCost.parallelism}$`

/** Whether a hash was made at another cost than today's, and should be made anew at a sign-in. */
export const isOutdated = (hash: PasswordHash): boolean => !Redacted.value(hash).startsWith(PREFIX)

const zeros = (bytes: number): string => Buffer.alloc(bytes).toString("base64").replace(/=+$/, "")

/**
 * Stands in for the hash of someone unknown, at the cost that a real one has. Nobody knows a
 * password that leads to it, and none would be believed.
 */
const DUMMY = `${PREFIX}${zeros(16)}$${zeros(todaysCost.outputLen)}`

/** The hash of no password: what is compared with it is wrong, and takes as long as with any other. */
export const noPassword: PasswordHash = PasswordHash(Redacted.make(DUMMY))

/**
 * One more than cores: while one is handed over, its core has the next, and is idle 2 % of the time and
 * not 7 %. More bring none of them sooner, and each takes its 19 MiB and a thread.
 */
const defaultConcurrency = (): number => Math.min(availableParallelism() + 1, 16)

/**
 * 256 waiting at 13 ms each are served within two seconds by two cores; 10 s is five times that, for
 * a machine with other things to do.
 */
const MAX_WAITING = 256
const MAX_WAIT = Duration.seconds(10)

/**
 * Turns passwords into hashes and compares them, a few at a time.
 *
 * Fails with `HashingOverloaded` when too many wait, or one waited too long. Before either the password is
 * brought into one form (NFC), so that it is the same from every keyboard.
 */
export class Passwords extends Context.Tag("holdfast/auth/Passwords")<
  Passwords,
  {
    /** A new hash, with a salt of its own. */
    readonly hash: (password: Password) => Effect.Effect<PasswordHash, HashingOverloaded>
    /**
     * Whether the password is the one that was hashed. Without a hash it is false, after the time
     * that a comparison takes, so that time does not tell who exists. A hash of an older, lesser cost
     * takes as long as one of today's.
     */
    readonly verify: (
      password: Password,
      hash: PasswordHash | undefined
    ) => Effect.Effect<boolean, HashingOverloaded>
  }
>() {
  /** Hashes by argon2id, behind a bulkhead, in threads of its own. */
  static layer(options: PasswordsOptions = {}): Layer.Layer<Passwords> {
    return Layer.scoped(Passwords, make(options))
  }
}

const plain = (password: Password): string => normalisePassword(Redacted.value(password))

const make = ({
  concurrency = defaultConcurrency(),
  maxWait = MAX_WAIT,
  maxWaiting = MAX_WAITING
}: PasswordsOptions): Effect.Effect<typeof Passwords.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const threads = yield* makeHashingThreads
    const inTurn = yield* makeHashingQueue({ permits: concurrency, maxWaiting, maxWait })
    const { asUsual, usual } = makeUsualTime()
    const verified = (password: string, hash: PasswordHash | undefined) => {
      const stranger = threads.verify(password, DUMMY)
      if (hash === undefined) return Effect.as(usual(stranger), false)
      const comparison = threads.verify(password, Redacted.value(hash))
      // A hash that is cheaper to compare would tell that someone has signed up, and long ago.
      return isOutdated(hash) ? asUsual(comparison, stranger) : usual(comparison)
    }
    return {
      hash: Effect.fn("Passwords.hash")((password: Password) =>
        inTurn(
          Effect.map(threads.hash(plain(password), todaysCost), (hash) =>
            PasswordHash(Redacted.make(hash))
          )
        )
      ),
      verify: Effect.fn("Passwords.verify")((password: Password, hash: PasswordHash | undefined) =>
        inTurn(Effect.suspend(() => verified(plain(password), hash)))
      )
    }
  })
