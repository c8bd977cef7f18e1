/** Milliseconds since the simulation began. */
export type Instant = number

interface Due {
  readonly at: Instant
  /** What is due at the same instant comes in the order in which it was put down. */
  readonly number: number
  task: (() => void) | undefined
}

const isBefore = (one: Due, other: Due): boolean =>
  one.at < other.at || (one.at === other.at && one.number < other.number)

/** What is due when: a heap, since ten thousand callers and their deadlines are on it. */
export class Agenda {
  private readonly heap: Array<Due> = []
  private count = 0

  /** When the next task is due; infinity where there is none. */
  get next(): Instant {
    return this.heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Puts a task down, and returns what strikes it out again. */
  add(at: Instant, task: () => void): () => void {
    const due: Due = { at, number: this.count++, task }
    this.heap.push(due)
    this.rise(due, this.heap.length - 1)
    return () => {
      due.task = undefined
    }
  }

  /** Takes the next task off; undefined where it was struck out. */
  take(): (() => void) | undefined {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (last !== undefined && last !== first) this.sink(last)
    return first?.task
  }

  private rise(due: Due, from: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.heap[above]
      if (parent === undefined || isBefore(parent, due)) break
      this.heap[at] = parent
      at = above
    }
    this.heap[at] = due
  }

  private sink(due: Due): void {
    let at = 0
    for (;;) {
      const below = this.sooner(2 * at + 1)
      const child = this.heap[below]
      if (child === undefined || isBefore(due, child)) break
      this.heap[at] = child
      at = below
    }
    this.heap[at] = due
  }

  /** The sooner one of two neighbours. */
  private sooner(left: number): number {
    const [one, other] = [this.heap[left], this.heap[left + 1]]
    return one !== undefined && other !== undefined && isBefore(other, one) ? left + 1 : left
  }
}
