import { Duration, Effect, type Scope } from "effect"
import { type Fork, makeFork } from "../../runtime/Fork.ts"
import { Swallowed } from "../failure/Swallowed.ts"
import {
  canBeJudged,
  type Finding,
  isConfirmed,
  isSuspicious,
  judge,
  reasonOf
} from "./Judgement.ts"
import type { Look, Sight } from "./SideLook.ts"
import { scansPerThreshold, Vigil, type Watchable } from "./Vigil.ts"

/** How the server is asked about sessions that are silent. */
export interface Watching {
  /** Silence after which a session is looked at. */
  readonly threshold: Duration.Duration
  /**
   * Looks at the backends with these pids, after so many looks in a row that failed. It fails with true
   * where it is worth trying again soon, with false where the server has refused it.
   */
  readonly look: (pids: ReadonlyArray<string>, failures: number) => Effect.Effect<Look, boolean>
  /** Ends a backend that is still as it was seen. */
  readonly end: (sight: Sight) => Effect.Effect<void>
}

/** Longest pause after looks that failed, in scans: one threshold. */
const longestPause = scansPerThreshold

/**
 * Watches over all sessions of a client with one timer, which runs only while one of them owes an
 * answer. What has been silent for too long is looked at from the side, all together, and ended only
 * on evidence: see {@link judge}.
 */
export class SilenceWatch {
  private vigils: ReadonlyArray<Vigil> = []
  private isAwake = false
  private isLooking = false
  /** Looks that failed in a row, and scans until the next. */
  private failures = 0
  private pause = 0
  private readonly watching: Watching
  private readonly scanTime: Duration.Duration
  private readonly fork: Fork

  private constructor(watching: Watching, fork: Fork) {
    this.watching = watching
    this.scanTime = Duration.times(watching.threshold, 1 / scansPerThreshold)
    this.fork = fork
  }

  /** A watch over no session as yet; the scope ends it. */
  static readonly make = (watching: Watching): Effect.Effect<SilenceWatch, never, Scope.Scope> =>
    Effect.map(makeFork, (fork) => new SilenceWatch(watching, fork))

  /** Watches over one more session, until it has ended. */
  over(session: Watchable): void {
    this.vigils = [...this.vigils.filter(({ session }) => session.isOpen()), new Vigil(session)]
    session.onSent(this.wake)
  }

  private readonly wake = (): void => {
    if (this.isAwake) return
    this.isAwake = true
    this.fork(this.scanning)
  }

  private readonly scanning: Effect.Effect<void> = Effect.suspend(() =>
    Effect.flatMap(Effect.sleep(this.scanTime), () => {
      this.scan()
      this.isAwake = this.vigils.some(({ session }) => session.owed !== undefined)
      return this.isAwake ? this.scanning : Effect.void
    })
  )

  private scan(): void {
    this.vigils = this.vigils.filter(({ session }) => session.isOpen())
    for (const vigil of this.vigils) vigil.scan(Duration.toMillis(this.scanTime))
    this.pause -= 1
    const due = this.due()
    if (due.length === 0 || this.isLooking || this.pause > 0) return
    this.isLooking = true
    this.fork(this.round(due))
  }

  private due(): ReadonlyArray<Vigil> {
    const isSuspected = this.vigils.some(({ suspicion }) => suspicion !== undefined)
    return this.vigils.filter(
      (vigil) => vigil.isDue(isSuspected) && vigil.session.owed && canBeJudged(vigil.session.owed)
    )
  }

  private round(due: ReadonlyArray<Vigil>): Effect.Effect<void> {
    const pids = due.flatMap(({ session }) => session.owed?.backend?.pid ?? [])
    const looked = Effect.tap(
      this.watching.look(pids, this.failures),
      () => due[0]?.session.catchUp ?? Effect.void
    )
    return Effect.match(looked, {
      onFailure: (isWorthTrying) => this.postpone(due, isWorthTrying),
      onSuccess: (look) => {
        this.failures = 0
        for (const vigil of due) this.conclude(vigil, look)
      }
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          this.isLooking = false
        })
      )
    )
  }

  /** Nobody can be asked: without evidence nothing is ended. */
  private postpone(due: ReadonlyArray<Vigil>, isWorthTrying: boolean): void {
    this.pause = Math.min(2 ** this.failures, longestPause)
    this.failures += 1
    if (!isWorthTrying) for (const vigil of due) vigil.rest()
  }

  private conclude(vigil: Vigil, look: Look): void {
    const { owed } = vigil.session
    if (owed === undefined || vigil.hasMoved || !vigil.session.isOpen()) return
    const finding = judge(owed, look)
    const halfOfIt = Duration.times(this.watching.threshold, 0.5)
    if (isConfirmed(vigil.suspicion, finding, halfOfIt)) this.swallow(vigil, finding)
    else if (isSuspicious(finding)) vigil.suspect(finding)
    else vigil.rest()
  }

  private swallow({ session, silence }: Vigil, finding: Finding): void {
    const silentFor = Duration.millis(Math.round(Duration.toMillis(this.scanTime) * silence))
    session.swallow(new Swallowed(silentFor, reasonOf(finding)))
    if (finding._tag === "WaitsForUs") this.fork(this.watching.end(finding.sight))
  }
}
