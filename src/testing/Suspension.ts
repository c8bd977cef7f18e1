/** A server that sleeps until somebody comes, and then takes a while to wake. */
export class Suspension {
  private wokenAt: number | undefined
  private readonly wake: number

  /** `wake`: how long waking takes, in milliseconds. */
  constructor(wake: number) {
    this.wake = wake
  }

  /** When it answers a connection that is opened at `now`: the first one wakes it, for all. */
  answersAt(now: number): number {
    this.wokenAt ??= now + this.wake
    return Math.max(now, this.wokenAt)
  }
}
