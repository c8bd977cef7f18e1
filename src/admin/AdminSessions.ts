import { createHash } from "node:crypto"
import { Context, Duration, Effect, Encoding, Layer, Ref } from "effect"
import { instant } from "../runtime/Instant.ts"
import { SecureRandom } from "../runtime/SecureRandom.ts"
import * as SignInPause from "./SignInPause.ts"

/** How long somebody stays signed in. */
export const LIFETIME = Duration.hours(12)

// So that whoever holds the token can't fill the memory with it.
const MOST = 100

/** What a try to sign in comes to. */
export type SignInResult =
  | { readonly _tag: "SignedIn"; readonly secret: string }
  | { readonly _tag: "Wrong" }
  /** The token was not looked at. */
  | { readonly _tag: "TooSoon"; readonly wait: Duration.Duration }

const keyOf = (secret: string): string => createHash("sha256").update(secret).digest("base64url")

/** The newest ones that have not expired. */
const kept = (ends: ReadonlyMap<string, number>, now: number): ReadonlyMap<string, number> =>
  new Map([...ends].filter(([, end]) => end > now).slice(-MOST))

const make = (isToken: (given: string) => boolean) =>
  Effect.gen(function* () {
    const sessions = yield* Ref.make<ReadonlyMap<string, number>>(new Map())
    const pause = yield* Ref.make(SignInPause.none)
    const random = yield* SecureRandom

    const begin = (now: number) =>
      Effect.gen(function* () {
        const secret = Encoding.encodeBase64Url(yield* random.bytes(32))
        const end = now + Duration.toMillis(LIFETIME)
        yield* Ref.set(pause, SignInPause.none)
        yield* Ref.update(sessions, (all) => kept(new Map([...all, [keyOf(secret), end]]), now))
        return { _tag: "SignedIn", secret } satisfies SignInResult
      })

    const signIn = (given: string): Effect.Effect<SignInResult> =>
      Effect.gen(function* () {
        const now = yield* instant
        const wait = SignInPause.waitAt(yield* Ref.get(pause), now)
        if (wait > 0) return { _tag: "TooSoon", wait: Duration.millis(wait) }
        if (isToken(given)) return yield* begin(now)
        yield* Ref.update(pause, (last) => SignInPause.afterWrong(last, now))
        yield* Effect.logWarning("A wrong ADMIN_TOKEN was tried at /admin")
        return { _tag: "Wrong" }
      })

    const isSignedIn = (secret: string) =>
      Effect.zipWith(Ref.get(sessions), instant, (all, now) => (all.get(keyOf(secret)) ?? 0) > now)

    const signOut = (secret: string) =>
      Ref.update(sessions, (all) => new Map([...all].filter(([key]) => key !== keyOf(secret))))

    return AdminSessions.of({ signIn, isSignedIn, signOut })
  })

/** Who is signed in to the dashboard: in the memory of this process, and nowhere else. */
export class AdminSessions extends Context.Tag("holdfast/admin/AdminSessions")<
  AdminSessions,
  {
    /**
     * Begins a session of 12 hours for who has the token. After a wrong one nobody's token is looked
     * at for 250 ms, twice as long after each further one, up to 30 s.
     */
    readonly signIn: (given: string) => Effect.Effect<SignInResult>
    readonly isSignedIn: (secret: string) => Effect.Effect<boolean>
    readonly signOut: (secret: string) => Effect.Effect<void>
  }
>() {
  /** Given what tells the token from other texts. */
  static layer(isToken: (given: string) => boolean): Layer.Layer<AdminSessions> {
    return Layer.effect(AdminSessions, make(isToken))
  }
}
