import { PCGRandom } from "effect/Utils"

/** What lies between the client and its server. */
export const networks = ["direct", "latency", "slow", "resets", "blackhole"] as const

export type Network = (typeof networks)[number]

/** What is interrupted: see `works` in `Work.ts`. */
export const situations = [
  "statement",
  "sleep",
  "begin",
  "body",
  "pause",
  "commit",
  "nested",
  "savepoint",
  "reserve",
  "stream",
  "consumer",
  "queue",
  "replay"
] as const

export type Situation = (typeof situations)[number]

/** One interrupt, as it is planned. */
export interface Interruption {
  readonly number: number
  readonly network: Network
  readonly situation: Situation
  /** Turns of the event loop, and then milliseconds, from when the work is well under way. */
  readonly turns: number
  readonly millis: number
  /** How long the work takes that is interrupted, in milliseconds. */
  readonly lasts: number
}

/**
 * How many of a hundred interrupts are on which network. A slow one drops nearly every connection,
 * and a black hole is mostly waiting.
 */
export const shares: Readonly<Record<Network, number>> = {
  direct: 45,
  latency: 30,
  slow: 3,
  resets: 15,
  blackhole: 7
}

/** Where the end of the work on the server may never be heard of, it is soon by itself. */
const isFaithful = (network: Network): boolean => network === "direct" || network === "latency"

/** Only a cancel ends it: a server on which it goes on a second later was not told. */
const endless = 30_000

const longest = 40

const latest = 30

const lasting = (network: Network, dice: PCGRandom): number =>
  isFaithful(network) && dice.integer(4) === 0 ? endless : 1 + dice.integer(longest)

const interruption = (
  number: number,
  network: Network,
  situation: Situation,
  dice: PCGRandom
): Interruption => {
  const isByTurns = dice.integer(3) === 0
  return {
    number,
    network,
    situation,
    // 0 turns: before the work has been given a chance to begin.
    turns: isByTurns ? dice.integer(12) : 0,
    millis: isByTurns ? 0 : dice.integer(latest + 1),
    lasts: lasting(network, dice)
  }
}

const countOf = (network: Network, count: number): number =>
  network === "direct"
    ? count - networks.slice(1).reduce((sum, other) => sum + countOf(other, count), 0)
    : Math.floor((count * shares[network]) / 100)

/** So many interrupts: the same ones for the same seed, every situation equally often. */
export const planOf = (seed: number, count: number): ReadonlyArray<Interruption> => {
  const dice = new PCGRandom(seed)
  let number = 0
  return networks.flatMap((network) =>
    Array.from({ length: countOf(network, count) }, (_, i) => {
      const situation = situations[i % situations.length] ?? "statement"
      return interruption(++number, network, situation, dice)
    })
  )
}
