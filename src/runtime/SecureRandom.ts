import { randomBytes, randomUUID } from "node:crypto"
import { Context, Effect } from "effect"

/**
 * Where ids and secrets come from: the operating system's generator, by way of `node:crypto`.
 *
 * A reference with a default, so nothing needs to provide it; a test may, to know them beforehand.
 */
export class SecureRandom extends Context.Reference<SecureRandom>()(
  "holdfast/runtime/SecureRandom",
  {
    defaultValue: () => ({
      /** A UUID of version 4: 122 random bits. Fit for an id, too few for a secret. */
      uuid: Effect.sync((): string => randomUUID()),
      /** That many random bytes. */
      bytes: (length: number): Effect.Effect<Uint8Array> => Effect.sync(() => randomBytes(length))
    })
  }
) {}

/** An id that is made before the statement it is for, so that running that again finds it. */
export const newId: Effect.Effect<string> = Effect.flatMap(SecureRandom, (random) => random.uuid)
