import { randomUUID } from "node:crypto"
import { Duration, Effect } from "effect"
import { type Ask, askAt, type Question } from "../../proofs/service/Ask.ts"
import { somebody } from "../http/Crowd.ts"
import { holdfast } from "../http/Service.ts"

/** Milliseconds that the answers took since somebody looked last, and requests that were not served. */
export interface Visits {
  readonly lookUps: ReadonlyArray<number>
  readonly signUps: ReadonlyArray<number>
  readonly failed: number
}

/** Those who look up sessions, and those who sign up, at the same time, and how long they pause. */
export const load = {
  lookUps: 16,
  lookUpPause: Duration.millis(10),
  signUps: 4,
  signUpPause: Duration.millis(250)
} as const

/** Longer than the service lets anybody wait. */
const patience = Duration.seconds(40)

class Tally {
  private lookUps: Array<number> = []
  private signUps: Array<number> = []
  private failed = 0

  /** Asks, and notes how that went. */
  readonly noted = (ask: Ask, kind: "lookUps" | "signUps", question: Question, status: number) =>
    ask(question).pipe(
      Effect.timeout(patience),
      Effect.match({
        onFailure: () => this.fail(),
        onSuccess: (answer) =>
          answer.status === status ? this[kind].push(answer.millis) : this.fail()
      })
    )

  readonly take = (): Visits => {
    const { failed, lookUps, signUps } = this
    this.lookUps = []
    this.signUps = []
    this.failed = 0
    return { failed, lookUps, signUps }
  }

  private fail() {
    this.failed += 1
  }
}

const signUp = (): Question => holdfast.signUp(`${randomUUID()}@example.com`)

/**
 * Has people look up their sessions and others sign up, until the scope closes. The answer takes what
 * they have met since it was taken last.
 */
export const visitors = (port: number) =>
  Effect.gen(function* () {
    const ask = askAt(`http://127.0.0.1:${port}`, load.lookUps + load.signUps)
    const tally = new Tally()
    const sessions = yield* Effect.replicateEffect(somebody(holdfast, ask), load.lookUps)
    const looking = sessions.map((session) =>
      Effect.forever(
        Effect.zipRight(tally.noted(ask, "lookUps", session, 200), Effect.sleep(load.lookUpPause))
      )
    )
    const newcomer = Effect.suspend(() => tally.noted(ask, "signUps", signUp(), 201))
    const coming = Array.from({ length: load.signUps }, () =>
      Effect.forever(Effect.zipRight(newcomer, Effect.sleep(load.signUpPause)))
    )
    yield* Effect.forkScoped(
      Effect.all([...looking, ...coming], { concurrency: "unbounded", discard: true })
    )
    return Effect.sync(tally.take)
  })
