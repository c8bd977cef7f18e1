import { hash } from "@node-rs/argon2"
import { Effect, type Redacted } from "effect"
import { todaysCost } from "../../src/auth/HashCost.ts"
import { lookUps, measuredBy, measuredOver, type RunningService, signUps } from "./Crowd.ts"
import { startServer } from "./ServerProcess.ts"
import type { Service } from "./Service.ts"

/** How long, how often and by how many is measured. */
export interface Scale {
  readonly rounds: number
  /** Milliseconds of each contestant in each round. */
  readonly slice: number
  /** Look-ups at the same time. */
  readonly lookups: number
  /** Sign-ups at the same time. */
  readonly signups: number
}

/** Starts services on one database, in the order in which they come. */
export const started = (services: ReadonlyArray<Service>, database: Redacted.Redacted<string>) =>
  Effect.forEach(services, (service) =>
    Effect.map(
      startServer(service.program(database), service.isUp),
      ({ port }): RunningService => ({ ...service, port })
    )
  )

/** Those who have sessions looked up. */
export const lookUpContestants = (services: ReadonlyArray<RunningService>, scale: Scale) =>
  Effect.forEach(services, (service) =>
    Effect.map(lookUps(service), (question) => {
      const options = { question, expected: 200, callers: scale.lookups }
      return { name: service.name, measured: measuredOver(service, options, scale.slice) }
    })
  )

/** What no sign-up can exceed: the hashes alone, in this process. */
export const ceiling = "argon2id alone"

const hashing = (scale: Scale) => {
  const callers = Array.from(
    { length: scale.signups },
    () => () => hash("a benchmark of sign-ups", todaysCost)
  )
  return { name: ceiling, measured: measuredBy(ceiling, callers, scale.slice) }
}

/** Those who sign people up, behind the ceiling. */
export const signUpContestants = (services: ReadonlyArray<RunningService>, scale: Scale) => [
  hashing(scale),
  ...services.map((service) => {
    const expected = service.signedUp
    const options = { question: signUps(service), expected, callers: scale.signups }
    return { name: service.name, measured: measuredOver(service, options, scale.slice) }
  })
]
