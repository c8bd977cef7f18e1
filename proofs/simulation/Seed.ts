import { inspect } from "node:util"
import { FastCheck as fc } from "effect"
import type { Program } from "./Program.ts"
import { programs } from "./RandomProgram.ts"
import type { Options } from "./Simulation.ts"
import { type Figures, simulate } from "./simulate.ts"
import { Violation } from "./Violation.ts"

/** A seed whose program broke an invariant. */
export interface Failure {
  readonly seed: number
  /** What is left of the program when all is taken away that it does not take. */
  readonly program: Program
  /** The invariant by its name, when, and what was wrong. */
  readonly message: string
}

/** The program of a seed. */
export const programOf = (seed: number): Program => {
  const [program] = fc.sample(programs, { seed, numRuns: 1 })
  if (program === undefined) throw new Error("a sample of one is empty")
  return program
}

/** Shrinking ends after this many milliseconds with what it has: what is left is small by then. */
const patience = 20_000

/** Runs the program of a seed; one that fails is shrunk. */
export const runSeed = (seed: number, options: Options = {}): Figures | Failure => {
  const none: Figures = { steps: 0, bursts: 0 }
  let figures = none
  const property = fc.property(programs, (program) => {
    figures = simulate(program, options)
  })
  const { counterexample, errorInstance } = fc.check(property, {
    seed,
    numRuns: 1,
    interruptAfterTimeLimit: patience
  })
  if (counterexample === null) return figures
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  return { seed, program: counterexample[0], message }
}

/** The first invariant that a program breaks, if it does. */
export const violationOf = (program: Program, options: Options = {}): Violation | undefined => {
  try {
    simulate(program, options)
    return undefined
  } catch (error) {
    if (error instanceof Violation) return error
    throw error
  }
}

/** What happens in a program, line by line, until its end or its first violation. */
export const storyOf = (program: Program, options: Options = {}): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const tell = (at: number, line: string) => lines.push(`${at.toFixed(3).padStart(10)} ${line}`)
  try {
    simulate(program, { ...options, tell })
  } catch (error) {
    lines.push(`${error}`)
  }
  return lines
}

/** How to see a failure again: the command, and the shrunk program to paste into a test. */
export const scriptOf = ({ message, program, seed }: Failure): string => `Seed ${seed} breaks \
${message}

  npm run simulate -- --seed ${seed}

or, shrunk, in a test:

simulate(${inspect(program, { depth: Number.POSITIVE_INFINITY, breakLength: 100, compact: 4 })})
`
