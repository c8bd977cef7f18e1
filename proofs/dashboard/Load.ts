import { Duration, Effect, Option, Random } from "effect"
import { type Ask, askAt } from "../service/Ask.ts"
import { sessionTokenIn } from "../service/SignedUp.ts"

const password = "a demonstration of load"

const enter = (ask: Ask, path: string, email: string) =>
  ask({ method: "POST", path, body: { email, password } }).pipe(
    Effect.flatMap(({ text }) => sessionTokenIn(text)),
    Effect.option
  )

/** About so long: people do not come in step. */
const about = (millis: number) =>
  Effect.flatMap(Random.nextIntBetween(millis / 2, millis * 1.5), (each) =>
    Effect.sleep(Duration.millis(each))
  )

/** Asks who they are again and again, and now and then signs in anew. */
const visit = (ask: Ask, email: string) =>
  Effect.gen(function* () {
    const token = yield* enter(ask, "/auth/signin", email)
    const headers = { authorization: `Bearer ${Option.getOrElse(token, () => "none")}` }
    const look = Effect.ignore(ask({ method: "GET", path: "/auth/session", headers }))
    yield* Effect.repeatN(Effect.zipRight(look, about(60)), 80)
  })

const person = (ask: Ask, number: number) =>
  Effect.gen(function* () {
    const email = `person.${number}.${yield* Random.nextInt}@example.com`
    yield* about(number * 400)
    yield* enter(ask, "/auth/signup", email)
    return yield* Effect.forever(visit(ask, email))
  })

const newcomers = (ask: Ask) =>
  Effect.forever(
    Effect.gen(function* () {
      yield* enter(ask, "/auth/signup", `newcomer.${yield* Random.nextInt}@example.com`)
      yield* about(1500)
    })
  )

/** So many people who sign up, sign in and look who they are, until it is interrupted. */
export const load = (url: string, people: number): Effect.Effect<void> => {
  const ask = askAt(url, people + 1)
  const crowd = Array.from({ length: people }, (_, number) => person(ask, number))
  return Effect.all([newcomers(ask), ...crowd], { concurrency: "unbounded", discard: true })
}
