import type { CutEnding, Direction } from "../src/testing/index.ts"

/** How a sign-up is written: see `SignUpForm`. */
export const forms = [
  "transaction",
  "replayedTransaction",
  "statement",
  "replayedStatement"
] as const

export type Form = (typeof forms)[number]

/**
 * What the bytes are that are cut: those that open the connection, or those of the first sign-up on
 * it, of the second, which prepares the statements, or of the third, which finds them prepared.
 */
export const stages = ["connecting", "fresh", "preparing", "warm"] as const

export type Stage = (typeof stages)[number]

/** Sign-ups that exchange the same bytes. */
export interface Series {
  readonly form: Form
  readonly stage: Stage
}

export const directions: ReadonlyArray<Direction> = ["toServer", "toClient"]

export const endings: ReadonlyArray<CutEnding> = ["reset", "close", "blackhole"]

/** One sign-up, and the byte behind which its connection is cut. */
export interface Cut {
  readonly series: Series
  readonly direction: Direction
  readonly ending: CutEnding
  /** Bytes that still pass. */
  readonly offset: number
}

export const seriesName = ({ form, stage }: Series): string => `${form}/${stage}`

/** The name by which `--only` repeats a cut: `transaction/warm:toServer:reset:317`. */
export const cutName = ({ series, direction, ending, offset }: Cut): string =>
  `${seriesName(series)}:${direction}:${ending}:${offset}`

const oneOf = <A extends string>(all: ReadonlyArray<A>, text: string | undefined): A | undefined =>
  all.find((each) => each === text)

/** Reads a name that `cutName` gave; undefined if it is none. */
export const cutNamed = (name: string): Cut | undefined => {
  const [series, toward, end, digits = ""] = name.split(":")
  const [formName, stageName] = (series ?? "").split("/")
  const form = oneOf(forms, formName)
  const stage = oneOf(stages, stageName)
  const direction = oneOf(directions, toward)
  const ending = oneOf(endings, end)
  if (form === undefined || stage === undefined) return undefined
  if (direction === undefined || ending === undefined || !/^\d+$/.test(digits)) return undefined
  return { series: { form, stage }, direction, ending, offset: Number(digits) }
}
