import { HashSet, List } from "effect"
import type { Instant } from "../runtime/Instant.ts"

/** A caller in the queue. */
export interface Waiter {
  readonly ticket: number
  readonly since: Instant
  readonly deadline: Instant
  /** `State.failures` when it came: the difference is how many tries failed while it waited. */
  readonly failuresBefore: number
}

/**
 * Callers in the order they came: the next ones, the later ones in reverse, and who has left
 * without a trace in either. All that a statement needs of it takes constant time.
 */
export interface WaitQueue {
  readonly size: number
  /** Holds the first caller whenever there is one, and at its head nobody who has left. */
  readonly next: List.List<Waiter>
  readonly later: List.List<Waiter>
  readonly gone: HashSet.HashSet<number>
}

export const empty: WaitQueue = {
  size: 0,
  next: List.nil(),
  later: List.nil(),
  gone: HashSet.empty()
}

/** The longest waiting caller. */
export const first = ({ next }: WaitQueue): Waiter | undefined =>
  List.isCons(next) ? next.head : undefined

/** The invariant of `next`, after its head was taken or has left. */
const settled = (queue: WaitQueue): WaitQueue => {
  if (queue.size === 0) return empty
  let { gone, later, next } = queue
  if (List.isNil(next)) {
    next = List.reverse(later)
    later = List.nil()
  }
  while (List.isCons(next) && HashSet.size(gone) > 0 && HashSet.has(gone, next.head.ticket)) {
    gone = HashSet.remove(gone, next.head.ticket)
    next = next.tail
    if (List.isNil(next)) {
      next = List.reverse(later)
      later = List.nil()
    }
  }
  return { size: queue.size, next, later, gone }
}

/** With a caller who came after all others. */
export const join = (queue: WaitQueue, waiter: Waiter): WaitQueue =>
  queue.size === 0
    ? { size: 1, next: List.of(waiter), later: queue.later, gone: queue.gone }
    : {
        size: queue.size + 1,
        next: queue.next,
        later: List.cons(waiter, queue.later),
        gone: queue.gone
      }

const inserted = (waiters: List.List<Waiter>, waiter: Waiter): List.List<Waiter> =>
  List.isCons(waiters) && waiters.head.ticket < waiter.ticket
    ? List.cons(waiters.head, inserted(waiters.tail, waiter))
    : List.cons(waiter, waiters)

/**
 * With a caller who was taken out to be served, at its old place: behind at most those who were taken
 * out with it and are back too.
 */
export const rejoin = (queue: WaitQueue, waiter: Waiter): WaitQueue => ({
  ...queue,
  size: queue.size + 1,
  next: inserted(queue.next, waiter)
})

/** Without the longest waiting caller. */
export const shift = (queue: WaitQueue): WaitQueue =>
  List.isCons(queue.next)
    ? settled({
        size: queue.size - 1,
        next: queue.next.tail,
        later: queue.later,
        gone: queue.gone
      })
    : queue

/** Without a caller, who must be waiting in it. */
export const leave = (queue: WaitQueue, ticket: number): WaitQueue =>
  settled({ ...queue, size: queue.size - 1, gone: HashSet.add(queue.gone, ticket) })

/** All callers, in the order they came. */
export const toArray = ({ gone, later, next }: WaitQueue): ReadonlyArray<Waiter> =>
  [...next, ...List.reverse(later)].filter(({ ticket }) => !HashSet.has(gone, ticket))
