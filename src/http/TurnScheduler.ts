import { MutableList, Scheduler } from "effect"

/** What the event loop and its clock are to the scheduler. */
export interface EventLoop {
  /** Milliseconds. */
  readonly now: () => number
  /** Calls back in this turn, once the code that runs has ended. */
  readonly soon: (callback: () => void) => void
  /** Calls back in the next turn: what has come in by then is read before. */
  readonly inNextTurn: (callback: () => void) => void
}

const ofNode: EventLoop = {
  now: () => performance.now(),
  soon: queueMicrotask,
  inNextTurn: (callback) => setImmediate(callback)
}

/** How long fibers run before sockets are read again: several requests' worth. */
const SLICE_MILLIS = 4

/** What of that is for each other lane than the first: however many only ask, sign-ins go on. */
const SHARE_MILLIS = 1

interface Lane {
  readonly priority: number
  readonly tasks: MutableList.MutableList<Scheduler.Task>
}

/**
 * Runs fibers for a few milliseconds in each turn of the event loop: those of the lowest number first
 * (`Effect.withSchedulingPriority`), but each of the other lanes gets a quarter of it, so that none
 * waits for ever.
 *
 * Effect's own runs whatever is ready before it lets the next socket be read: 200 requests that came
 * at once were seen to hold everybody else up for 160 to 430 ms.
 */
export class TurnScheduler implements Scheduler.Scheduler {
  private readonly loop: EventLoop
  private lanes: ReadonlyArray<Lane> = []
  /** When fibers have had their share of this turn, if any has run in it. */
  private sliceEnd: number | undefined
  private isExpected = false

  constructor(loop: EventLoop = ofNode) {
    this.loop = loop
  }

  readonly shouldYield: Scheduler.Scheduler["shouldYield"] = (fiber) =>
    Scheduler.defaultScheduler.shouldYield(fiber)

  scheduleTask(task: Scheduler.Task, priority: number): void {
    MutableList.append(this.lane(priority).tasks, task)
    if (this.isExpected) return
    this.isExpected = true
    this.loop.soon(this.run)
  }

  private lane(priority: number): Lane {
    const known = this.lanes.find((lane) => lane.priority === priority)
    if (known !== undefined) return known
    const lane = { priority, tasks: MutableList.empty<Scheduler.Task>() }
    this.lanes = [...this.lanes, lane].toSorted((one, other) => one.priority - other.priority)
    return lane
  }

  /** A task that throws takes none with it: the next turn runs what is left. */
  private readonly run = (): void => {
    const end = this.sliceEnd ?? this.begin()
    while (this.loop.now() < end) {
      const lane = this.lanes.find(({ tasks }) => !MutableList.isEmpty(tasks))
      if (lane === undefined) break
      MutableList.shift(lane.tasks)?.()
    }
    this.isExpected = this.hasTasks
  }

  private get hasTasks(): boolean {
    return this.lanes.some(({ tasks }) => !MutableList.isEmpty(tasks))
  }

  private begin(): number {
    this.loop.inNextTurn(this.nextTurn)
    this.sliceEnd = this.loop.now() + SLICE_MILLIS
    return this.sliceEnd
  }

  private readonly nextTurn = (): void => {
    this.sliceEnd = undefined
    this.isExpected = this.hasTasks
    if (!this.isExpected) return
    this.begin()
    const [, ...others] = this.lanes
    for (const lane of others) this.runLane(lane, this.loop.now() + SHARE_MILLIS)
    this.run()
  }

  private runLane({ tasks }: Lane, end: number): void {
    while (this.loop.now() < end && !MutableList.isEmpty(tasks)) MutableList.shift(tasks)?.()
  }
}
