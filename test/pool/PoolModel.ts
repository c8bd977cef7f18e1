/** Somebody who holds a connection, or waits for one. */
interface Party {
  readonly id: number
  readonly deadline: number
}

interface Holder extends Party {
  /** Whether its connection can be lent to the next one. */
  isGood: boolean
}

/** Between two dials, in milliseconds: the default. */
const longestDelay = 500

/**
 * What a pool should be, and nothing of how it does it: at most so many connections, a queue, and a
 * server that is there or not. Connections cost no time here.
 */
export class PoolModel {
  readonly max: number
  readonly patience: number
  now = 0
  isAway = false
  isClosed = false
  idle = 0
  holders: Array<Holder> = []
  queue: Array<Party> = []
  readonly refused: Array<number> = []
  private asked = 0

  constructor(max: number, patience: number) {
    this.max = max
    this.patience = patience
  }

  ask(): void {
    const id = this.asked++
    if (this.isClosed) this.refused.push(id)
    else this.queue.push({ id, deadline: this.now + this.patience })
    this.serve()
  }

  /** Somebody gives back. A good connection rests, or goes to whoever waits longest. */
  giveBack(id: number): void {
    const holder = this.holders.find((one) => one.id === id)
    this.holders = this.holders.filter((one) => one.id !== id)
    if (holder?.isGood) this.idle += 1
    if (this.isClosed) this.idle = 0
    this.serve()
  }

  /** Somebody loses patience: leaves the queue, or gives back. */
  leave(id: number): void {
    this.queue = this.queue.filter((one) => one.id !== id)
    this.giveBack(id)
  }

  pass(millis: number): void {
    this.now += millis
    const late = this.queue.filter(({ deadline }) => deadline <= this.now)
    this.queue = this.queue.filter(({ deadline }) => deadline > this.now)
    this.refused.push(...late.map(({ id }) => id))
  }

  /**
   * Who was told early that nothing will be dialed before it has to leave: so nobody may be, but where
   * nothing is open, and no sooner than the longest delay between two dials before its deadline.
   */
  learn(refused: ReadonlyArray<number>): void {
    const isBare = this.isAway && this.holders.length + this.idle === 0
    if (!isBare) return
    const isTold = ({ deadline, id }: Party) =>
      refused.includes(id) && deadline - this.now <= longestDelay
    this.refused.push(...this.queue.filter(isTold).map(({ id }) => id))
    this.queue = this.queue.filter((one) => !isTold(one))
  }

  /** Nothing that is open is good any more. */
  condemn(): void {
    this.idle = 0
    this.spoil(() => true)
    this.serve()
  }

  spoil(isMeant: (holder: Holder) => boolean): void {
    for (const holder of this.holders) if (isMeant(holder)) holder.isGood = false
  }

  comeBack(): void {
    this.isAway = false
    this.serve()
  }

  close(): void {
    this.isClosed = true
    this.refused.push(...this.queue.map(({ id }) => id))
    this.queue = []
    this.idle = 0
  }

  private get isFull(): boolean {
    return this.holders.length + this.idle >= this.max
  }

  private serve(): void {
    while (this.queue.length > 0 && (this.idle > 0 || !(this.isAway || this.isFull))) {
      const first = this.queue.shift()
      if (first === undefined) return
      if (this.idle > 0) this.idle -= 1
      this.holders.push({ ...first, isGood: true })
    }
  }
}
