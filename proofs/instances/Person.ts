import { randomUUID } from "node:crypto"
import { Agent } from "node:http"
import { Effect } from "effect"
import type { Question } from "../service/Ask.ts"
import { type Ending, endingOf } from "../service/Ending.ts"
import { sessionTokenIn } from "../service/SignedUp.ts"

/** Somebody who signs up, looks at every instance who they are, and perhaps signs out. */
export interface Person {
  readonly email: string
  /** How often the sign-up was sent until it was answered 201. */
  readonly tries: number
  /** Answers of 401 to a session that was valid. */
  readonly forgotten: number
  /** Answers of 200 to a session after its sign-out was acknowledged; -1: they stayed. */
  readonly remembered: number
}

/** Where to go. */
export interface Places {
  /** The balancer. */
  readonly url: string
  /** The instances themselves, as they are now. */
  readonly instances: () => ReadonlyArray<string>
}

const agent = new Agent({ keepAlive: true })

/** An address of its own, so that limits by address don't count: 2001:db8::/32 is for examples. */
export const fromElsewhere = (): Readonly<Record<string, string>> => {
  const [one = "0", two = "0"] = randomUUID().split("-")
  return { "x-forwarded-for": `2001:db8:${one.slice(0, 4)}:${one.slice(4)}:${two}::1` }
}

const isFinal = (ending: Ending) =>
  ending._tag === "Answered" && ending.status < 500 && ending.status !== 429

/** Asks again until there is a verdict, as long as it takes; how often, and the verdict. */
const untilFinal = (url: () => string, question: Question) =>
  Effect.gen(function* () {
    let tries = 1
    let ending = yield* endingOf(url(), agent, question)
    while (!isFinal(ending)) {
      yield* Effect.sleep("100 millis")
      ending = yield* endingOf(url(), agent, question)
      tries += 1
    }
    return { tries, ending }
  })

const statusOf = (ending: Ending) => (ending._tag === "Answered" ? ending.status : 0)

const lookUp = (headers: Readonly<Record<string, string>>): Question => ({
  method: "GET",
  path: "/auth/session",
  headers
})

/** What each instance says of a session. One that is just being replaced is asked in its next life. */
const everywhere = ({ instances }: Places, headers: Readonly<Record<string, string>>) =>
  Effect.forEach(instances(), (_, index) =>
    Effect.map(
      untilFinal(() => instances()[index] ?? "http://127.0.0.1:1", lookUp(headers)),
      ({ ending }) => statusOf(ending)
    )
  )

/** One life, named by a number; every other signs out. */
export const live = (places: Places, number: number): Effect.Effect<Person> =>
  Effect.gen(function* () {
    const email = `person.${number}@example.com`
    const { ending, tries } = yield* untilFinal(() => places.url, {
      method: "POST",
      path: "/auth/signup",
      headers: { "idempotency-key": randomUUID(), ...fromElsewhere() },
      body: { email, password: "a proof of instances" }
    })
    const text = ending._tag === "Answered" ? ending.text : ""
    if (statusOf(ending) !== 201) return yield* Effect.dieMessage(`${email}: ${text}`)
    const token = yield* Effect.orDie(sessionTokenIn(text))
    const headers = { authorization: `Bearer ${token}` }
    const valid = yield* everywhere(places, headers)
    const person = { email, tries, forgotten: valid.filter((status) => status !== 200).length }
    if (number % 2 === 0) return { ...person, remembered: -1 }
    yield* untilFinal(() => places.url, { method: "POST", path: "/auth/signout", headers })
    const revoked = yield* everywhere(places, headers)
    return { ...person, remembered: revoked.filter((status) => status !== 401).length }
  })
