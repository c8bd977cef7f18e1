import { PCGRandom } from "effect/Utils"

/** How the server ends idle connections meanwhile: some by their backends, or all on the wire. */
export const endings = ["terminated", "closed", "reset"] as const

export type Ending = (typeof endings)[number]

/**
 * When the statements are asked for, which decides what the thawed process reads first: before the
 * connections end, after that, or by a timer that has run out, which comes before anything is read.
 */
export const occasions = ["before", "after", "timer"] as const

export type Occasion = (typeof occasions)[number]

/** Whether a statement has a session of its own, or the client's, which may send it once more. */
export const ways = ["reserved", "plain"] as const

export type Way = (typeof ways)[number]

/** One time that a process is frozen, as it is planned. */
export interface Freeze {
  readonly number: number
  readonly ending: Ending
  readonly occasion: Occasion
  readonly way: Way
  /** How long its connections have been idle before, and how long it is frozen: milliseconds. */
  readonly idle: number
  readonly millis: number
  /** Which connections end, where not all do: a bit for each, and at least one. */
  readonly victims: number
}

/** Connections of the process, and so statements for each time that it is frozen. */
export const connections = 4

/** How long a freeze usually takes, in milliseconds. */
export const usual = 20

const freeze = (number: number, millis: number, dice: PCGRandom): Freeze => ({
  number,
  ending: endings[number % endings.length] ?? "closed",
  occasion: occasions[Math.floor(number / endings.length) % occasions.length] ?? "timer",
  way: ways[Math.floor(number / endings.length / occasions.length) % ways.length] ?? "plain",
  idle: dice.number() * millis * 1.5,
  millis: (0.5 + dice.number()) * millis,
  victims: 1 + dice.integer(2 ** connections - 1)
})

/**
 * So many freezes, of half to one and a half times so many milliseconds: the same ones for the same
 * seed, every kind equally often.
 */
export const planOf = (options: {
  readonly seed: number
  readonly count: number
  readonly millis: number
}): ReadonlyArray<Freeze> => {
  const dice = new PCGRandom(options.seed)
  return Array.from({ length: options.count }, (_, number) => freeze(number, options.millis, dice))
}

/** The chosen ones of the connections, given in any order. */
export const victimsOf = <A>({ victims }: Freeze, all: ReadonlyArray<A>): ReadonlyArray<A> =>
  all.filter((_, i) => (victims >> i) % 2 === 1)
