import { due } from "../../src/pool/Demand.ts"
import type { Command, Input, Proof } from "../../src/pool/PoolCommand.ts"
import { defaults, limits, type PoolConfig } from "../../src/pool/PoolConfig.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import type { PoolEvent } from "../../src/pool/PoolEvent.ts"
import { step } from "../../src/pool/PoolMachine.ts"
import { empty, type State } from "../../src/pool/PoolState.ts"
import type { Waiter } from "../../src/pool/WaitQueue.ts"
import type { Instant } from "../../src/runtime/Instant.ts"

const inWords = (command: Command): ReadonlyArray<string> => {
  switch (command._tag) {
    case "Lend":
      return [`Lend ${command.id} to ${command.waiter.ticket}`]
    case "Refuse":
      return [`Refuse ${command.ticket}: ${command.error._tag}`]
    case "Prove":
      return [`Prove ${command.id} by ${command.proof}`]
    case "Report":
      return []
    default:
      return [`${command._tag} ${command.id}`]
  }
}

/**
 * The pool's machine without a shell: each method tells it of one thing that happens now, and returns
 * what it asks for, in words. Its callers have the tickets 0, 1, 2, ..., its connections such ids.
 */
export class PoolByHand {
  state: State
  /** Not 0: only differences of instants mean anything. */
  now: Instant = 70_000
  /** What was asked for last, in full. */
  commands: ReadonlyArray<Command> = []
  private tickets = 0

  /** `min` is 0 unless it is given. */
  constructor(config: Partial<PoolConfig> = {}) {
    this.state = empty(limits({ ...defaults, min: 0, ...config }))
  }

  tell(input: Input): ReadonlyArray<string> {
    const [state, commands] = step(this.state, input)
    this.state = state
    this.commands = commands
    return commands.flatMap(inWords)
  }

  /** What was reported last. */
  get events(): ReadonlyArray<PoolEvent> {
    return this.commands.flatMap((command) => (command._tag === "Report" ? [command.event] : []))
  }

  /** Milliseconds that the last connection asked for may take to open. */
  get within(): number | undefined {
    return this.commands.findLast((command) => command._tag === "Connect")?.within
  }

  /** In how many milliseconds the machine wants a tick. */
  get dueIn(): number {
    return due(this.state) - this.now
  }

  /** Lets time pass, with a tick whenever the machine wants one. */
  pass(millis: number): ReadonlyArray<string> {
    const until = this.now + millis
    const words: Array<string> = []
    const commands: Array<Command> = []
    while (due(this.state) <= until) {
      this.now = Math.max(this.now, due(this.state))
      words.push(...this.tick())
      commands.push(...this.commands)
    }
    this.now = until
    this.commands = commands
    return words
  }

  tick(): ReadonlyArray<string> {
    return this.tell({ _tag: "Tick", at: this.now })
  }

  slept(): ReadonlyArray<string> {
    return this.tell({ _tag: "Slept", at: this.now })
  }

  acquire(): ReadonlyArray<string> {
    return this.tell({ _tag: "Acquire", at: this.now, ticket: this.tickets++ })
  }

  cancel(ticket: number): ReadonlyArray<string> {
    return this.tell({ _tag: "Cancel", at: this.now, ticket })
  }

  /** It may be lent for so many milliseconds from now on. */
  connected(id: number, lifetime = Number.POSITIVE_INFINITY): ReadonlyArray<string> {
    return this.tell({ _tag: "Connected", at: this.now, id, retireAt: this.now + lifetime })
  }

  dialFailed(
    id: number,
    error: Partial<ConnectError> = {},
    random: number = 0
  ): ReadonlyArray<string> {
    const refused = { message: "refused", isFatal: false, provesRestart: false }
    return this.tell({
      _tag: "ConnectFailed",
      at: this.now,
      id,
      error: new ConnectError({ ...refused, ...error }),
      random
    })
  }

  heard(id: number): ReadonlyArray<string> {
    return this.tell({ _tag: "Heard", at: this.now, id })
  }

  preparing(id: number): ReadonlyArray<string> {
    return this.tell({ _tag: "Preparing", at: this.now, id })
  }

  release(id: number, usable = true): ReadonlyArray<string> {
    return this.tell({ _tag: "Release", at: this.now, id, usable })
  }

  unfit(id: number, waiter: Waiter): ReadonlyArray<string> {
    return this.tell({ _tag: "Unfit", at: this.now, id, waiter })
  }

  proven(id: number, proof: Proof = "roundTrip"): ReadonlyArray<string> {
    return this.tell({ _tag: "Proven", at: this.now, id, proof })
  }

  refuted(id: number, provesRestart = false): ReadonlyArray<string> {
    const loss = { message: "reset", provesRestart }
    return this.tell({ _tag: "Refuted", at: this.now, id, loss })
  }

  lost(id: number, provesRestart = false): ReadonlyArray<string> {
    const loss = { message: "reset", provesRestart }
    return this.tell({ _tag: "Lost", at: this.now, id, loss })
  }

  warm(): ReadonlyArray<string> {
    return this.tell({ _tag: "Warm", at: this.now })
  }

  recreate(): ReadonlyArray<string> {
    return this.tell({ _tag: "Recreate", at: this.now, detail: "by hand" })
  }

  close(): ReadonlyArray<string> {
    return this.tell({ _tag: "Close", at: this.now })
  }
}

/** So many callers who come at once, each with its own new connection, in the order of their ids. */
export const withBorrowers = (pool: PoolByHand, count: number): PoolByHand => {
  for (let caller = 0; caller < count; caller++) pool.acquire()
  for (let id = 0; id < count; id++) pool.connected(id)
  return pool
}

/** So many idle connections, used just now. */
export const withIdle = (pool: PoolByHand, count: number): PoolByHand => {
  withBorrowers(pool, count)
  for (let id = 0; id < count; id++) pool.release(id)
  return pool
}
