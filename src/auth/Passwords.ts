import { availableParallelism } from "node:os"
import * as argon2 from "@node-rs/argon2"
import { Brand, Context, Duration, Effect, Layer, Redacted } from "effect"
import type { HashingOverloaded } from "./AuthError.ts"
import { type HashingQueueConfig, makeHashingQueue } from "./HashingQueue.ts"
import { normalisePassword, type Password } from "./Password.ts"
import { makeUsualTime } from "./UsualTime.ts"

/** What is stored instead of a password: a PHC string, `$argon2id$v=19$m=...,t=...,p=...$salt$tag`. */
export type PasswordHash = Redacted.Redacted<string> & Brand.Brand<"PasswordHash">

/** Marks a string that came out of the database as a hash. */
export const PasswordHash = Brand.nominal<PasswordHash>()

/**
 * argon2id with 19 MiB, two passes and one lane: the least that OWASP (Password Storage Cheat Sheet;
 * ASVS 5.0, appendix C) accepts, and some 13 ms of one core. The library's defaults make it argon2id
 * of version 19 with 16 random bytes of salt.
 */
const cost = { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 } as const

/** How every hash of today's cost begins. */
const PREFIX = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`

/** Whether a hash was made at another cost than today's, and should be made anew at a sign-in. */
export const isOutdated = (hash: PasswordHash): boolean => !Redacted.value(hash).startsWith(PREFIX)

const zeros = (bytes: number): string => Buffer.alloc(bytes).toString("base64").replace(/=+$/, "")

/**
 * Stands in for the hash of someone unknown, at the cost that a real one has. Nobody knows a
 * password that leads to it, and none would be believed.
 */
const DUMMY = `${PREFIX}${zeros(16)}$${zeros(cost.outputLen)}`

/** libuv's threads as it counts them itself: UV_THREADPOOL_SIZE, 1 to 1024, by default 4. */
const libuvThreads = (setting: string | undefined): number =>
  setting === undefined ? 4 : Math.min(Math.max(Number.parseInt(setting, 10) || 1, 1), 1024)

/**
 * How many passwords to hash at the same time, given UV_THREADPOOL_SIZE and the number of cores.
 *
 * One of libuv's threads stays free, because `dns.lookup` needs one and a reconnect needs
 * `dns.lookup`: with all of them hashing it was seen to wait 423 ms. More than one hash per core
 * brings none of them sooner, and each takes its 19 MiB.
 */
export const hashingPermits = (threads: string | undefined, cores: number): number =>
  Math.max(1, Math.min(libuvThreads(threads) - 1, cores))

/**
 * 256 waiting at 13 ms each are served within two seconds by two cores; 10 s is five times that, for
 * a machine with other things to do.
 */
const defaults = (): HashingQueueConfig => ({
  permits: hashingPermits(process.env.UV_THREADPOOL_SIZE, availableParallelism()),
  maxWaiting: 256,
  maxWait: Duration.seconds(10)
})

/**
 * Turns passwords into hashes and compares them, a few at a time.
 *
 * Fails with `HashingOverloaded` when too many wait, or one waited too long. The password is brought
 * into the same form ({@link normalisePassword}) before both.
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
  /**
   * argon2id behind a bulkhead. Default: one hash at a time per core, one fewer than libuv has
   * threads; 256 may wait; for 10 s at most.
   */
  static layer(options: Partial<HashingQueueConfig> = {}): Layer.Layer<Passwords> {
    return Layer.effect(Passwords, make({ ...defaults(), ...options }))
  }
}

const plain = (password: Password): string => normalisePassword(Redacted.value(password))

const compared = (hash: string, password: string) =>
  Effect.promise(() => argon2.verify(hash, password))

const make = (config: HashingQueueConfig): Effect.Effect<typeof Passwords.Service> =>
  Effect.map(makeHashingQueue(config), (inTurn) => {
    const { asUsual, usual } = makeUsualTime()
    const verified = (password: string, hash: PasswordHash | undefined) => {
      const stranger = compared(DUMMY, password)
      if (hash === undefined) return Effect.as(usual(stranger), false)
      const comparison = compared(Redacted.value(hash), password)
      // A hash that is cheaper to compare would tell that someone has signed up, and long ago.
      return isOutdated(hash) ? asUsual(comparison, stranger) : usual(comparison)
    }
    return {
      hash: Effect.fn("Passwords.hash")((password: Password) =>
        inTurn(
          Effect.map(
            Effect.promise(() => argon2.hash(plain(password), cost)),
            (hash) => PasswordHash(Redacted.make(hash))
          )
        )
      ),
      verify: Effect.fn("Passwords.verify")((password: Password, hash: PasswordHash | undefined) =>
        inTurn(Effect.suspend(() => verified(plain(password), hash)))
      )
    }
  })
