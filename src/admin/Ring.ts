/** The last so many of a row of things. */
export class Ring<A> {
  private readonly capacity: number
  private readonly items: Array<A> = []
  private next = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** Adds one; the oldest goes when there is no room. */
  push(item: A): void {
    this.items[this.next] = item
    this.next = (this.next + 1) % this.capacity
  }

  /** From the oldest to the newest. */
  get all(): ReadonlyArray<A> {
    return this.items.length < this.capacity
      ? [...this.items]
      : [...this.items.slice(this.next), ...this.items.slice(0, this.next)]
  }
}
