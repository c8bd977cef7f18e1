import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck as fc, List } from "effect"
import { due } from "../../src/pool/Demand.ts"
import type { Command, Input } from "../../src/pool/PoolCommand.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { step } from "../../src/pool/PoolMachine.ts"
import { empty, type Limits, type State, total } from "../../src/pool/PoolState.ts"
import * as WaitQueue from "../../src/pool/WaitQueue.ts"

const limits: Limits = {
  min: 1,
  max: 4,
  maxWaiting: 12,
  keepalive: 1_500,
  connectTimeout: 700,
  acquireTimeout: 1_000,
  redialDelay: { base: Duration.millis(100), cap: Duration.millis(500) },
  validateAfterIdle: 200,
  idleTimeout: 2_000
}

/** What a caller or the outside world may do next; the numbers choose among what is possible. */
type Move =
  | { readonly _tag: "acquire" | "recreate" | "warm" | "close" | "slept" }
  | { readonly _tag: "cancel" | "release" | "break" | "lose" | "unfit"; readonly pick: number }
  | {
      readonly _tag: "dialSucceeds" | "dialFails" | "dialFailsForGood" | "proofHolds" | "proofFails"
      readonly pick: number
    }
  | { readonly _tag: "heard" | "preparing" | "restart"; readonly pick: number }
  | { readonly _tag: "pass"; readonly millis: number }

const pick = fc.nat({ max: 9 })
const picked = (
  ...tags: ReadonlyArray<Extract<Move, { readonly pick: number }>["_tag"]>
): fc.Arbitrary<Move> => fc.record({ _tag: fc.constantFrom(...tags), pick }) as fc.Arbitrary<Move>

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Move>({ _tag: "acquire" }) },
  { weight: 6, arbitrary: picked("release", "dialSucceeds", "proofHolds") },
  { weight: 3, arbitrary: picked("cancel", "break", "lose", "unfit", "dialFails", "proofFails") },
  { weight: 1, arbitrary: picked("dialFailsForGood", "restart") },
  { weight: 1, arbitrary: picked("heard", "preparing") },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Move>({ _tag: "recreate" }, { _tag: "warm" }, { _tag: "slept" })
  },
  {
    weight: 4,
    arbitrary: fc.record({ _tag: fc.constant("pass" as const), millis: fc.nat({ max: 700 }) })
  }
)

const dialError = (isFatal: boolean) =>
  new ConnectError({ message: "refused", isFatal, provesRestart: false })

/** A shell that keeps account of every connection and caller, and checks each command. */
class Ledger {
  state: State = empty(limits)
  now = 0
  private tickets = 0
  readonly waiting = new Set<number>()
  readonly lent = new Map<number, number>()
  readonly dialing = new Set<number>()
  readonly proving = new Set<number>()
  readonly open = new Map<number, { readonly generation: number }>()
  private readonly reports: Array<string> = []

  tell(input: Input): void {
    const [state, commands] = step(this.state, input)
    const before = this.state
    this.state = state
    for (const command of commands) this.obey(command, before)
    this.check()
  }

  private obey(command: Command, before: State): void {
    switch (command._tag) {
      case "Connect":
        this.dialing.add(command.id)
        return
      case "Lend": {
        const { id, waiter } = command
        assert.isTrue(this.waiting.delete(waiter.ticket), "a caller is served once")
        assert.isFalse(this.lent.has(id), "a connection has one borrower")
        const opened = this.open.get(id)
        assert.isDefined(opened, "what is lent is open")
        assert.strictEqual(opened?.generation, this.state.generation, "nothing older is lent")
        for (const { ticket } of WaitQueue.toArray(this.state.waiting)) {
          assert.isBelow(waiter.ticket, ticket, "callers are served in order")
        }
        this.lent.set(id, waiter.ticket)
        return
      }
      case "Refuse":
        assert.isTrue(this.waiting.delete(command.ticket), "a caller is answered once")
        return
      case "Abort":
        assert.isTrue(this.dialing.delete(command.id), "a dial is given up once")
        return
      case "Prove":
        this.proving.add(command.id)
        return
      case "Close":
        assert.isTrue(this.open.delete(command.id), "a connection is closed once")
        this.lent.delete(command.id)
        this.proving.delete(command.id)
        return
      case "Report":
        this.reports.push(`${before.generation} ${command.event._tag}`)
        return
    }
  }

  check(): void {
    const { counts } = this.state
    const phases = this.state.members.map(({ phase }) => phase)
    for (const phase of ["connecting", "proving", "idle", "active"] as const) {
      assert.strictEqual(counts[phase], phases.filter((one) => one === phase).length, phase)
    }
    assert.strictEqual(counts.idle, List.size(this.state.idle))
    assert.isAtMost(total(this.state), limits.max)
    assert.strictEqual(this.state.waiting.size, this.waiting.size)
    assert.deepStrictEqual(
      WaitQueue.toArray(this.state.waiting).map(({ ticket }) => ticket),
      [...this.waiting].toSorted((one, other) => one - other),
      "the queue is in order"
    )
    assert.isAtMost(this.waiting.size, limits.maxWaiting + limits.max, "the queue is bounded")
    assert.strictEqual(counts.connecting, this.dialing.size)
    assert.strictEqual(counts.active, this.lent.size)
    assert.strictEqual(counts.proving, this.proving.size)
    assert.isTrue(this.waiting.size === 0 || due(this.state) < Number.POSITIVE_INFINITY)
    assert.isTrue(
      this.waiting.size <= counts.proving - this.state.suspects || counts.idle === 0,
      "nobody waits beside an idle connection that is not being proven for them"
    )
  }

  private nth<A>(items: Iterable<A>, index: number): A | undefined {
    const all = [...items]
    return all[index % Math.max(1, all.length)]
  }

  private passTo(until: number): void {
    while (due(this.state) <= until) {
      this.now = Math.max(this.now, due(this.state))
      this.tell({ _tag: "Tick", at: this.now })
    }
    this.now = until
  }

  private connected(id: number): void {
    this.dialing.delete(id)
    this.open.set(id, { generation: this.state.generation })
    this.tell({ _tag: "Connected", at: this.now, id, retireAt: this.now + 5_000 })
  }

  play(next: Move): void {
    const at = this.now
    const loss = { message: "reset", provesRestart: next._tag === "restart" }
    switch (next._tag) {
      case "acquire": {
        const ticket = this.tickets++
        this.waiting.add(ticket)
        this.tell({ _tag: "Acquire", at, ticket })
        return
      }
      case "cancel": {
        const ticket = this.nth(this.waiting, next.pick)
        if (ticket === undefined) return
        this.waiting.delete(ticket)
        this.tell({ _tag: "Cancel", at, ticket })
        return
      }
      case "release":
      case "break": {
        const id = this.nth(this.lent.keys(), next.pick)
        if (id === undefined) return
        this.lent.delete(id)
        this.tell({ _tag: "Release", at, id, usable: next._tag === "release" })
        return
      }
      case "unfit": {
        const entry = this.nth(this.lent, next.pick)
        if (entry === undefined) return
        const [id, ticket] = entry
        if ([...this.waiting].some((other) => other < ticket)) return
        this.waiting.add(ticket)
        const waiter = { ticket, since: at, deadline: at + 500, failuresBefore: 0 }
        this.tell({ _tag: "Unfit", at, id, waiter })
        return
      }
      case "lose":
      case "restart": {
        const id = this.nth(this.open.keys(), next.pick)
        if (id !== undefined) this.tell({ _tag: "Lost", at, id, loss })
        return
      }
      case "heard":
      case "preparing": {
        const id = this.nth(this.dialing, next.pick)
        const _tag = next._tag === "heard" ? "Heard" : "Preparing"
        if (id !== undefined) this.tell({ _tag, at, id })
        return
      }
      case "dialSucceeds": {
        const id = this.nth(this.dialing, next.pick)
        if (id !== undefined) this.connected(id)
        return
      }
      case "dialFails":
      case "dialFailsForGood": {
        const id = this.nth(this.dialing, next.pick)
        if (id === undefined) return
        this.dialing.delete(id)
        const error = dialError(next._tag === "dialFailsForGood")
        this.tell({ _tag: "ConnectFailed", at, id, error, random: next.pick / 10 })
        return
      }
      case "proofHolds":
      case "proofFails": {
        const id = this.nth(this.proving, next.pick)
        if (id === undefined) return
        this.proving.delete(id)
        this.tell(
          next._tag === "proofHolds"
            ? { _tag: "Proven", at, id, proof: "roundTrip" }
            : { _tag: "Refuted", at, id, loss }
        )
        return
      }
      case "pass":
        this.passTo(at + next.millis)
        return
      case "recreate":
        this.tell({ _tag: "Recreate", at, detail: "by hand" })
        return
      case "slept":
        this.tell({ _tag: "Slept", at })
        return
      case "warm":
        this.tell({ _tag: "Warm", at })
        return
      case "close":
        this.tell({ _tag: "Close", at })
        return
    }
  }

  /** From here on the world is kind: every dial and proof succeeds, every borrower gives back. */
  recover(): void {
    const calm: ReadonlyArray<Move> = [
      { _tag: "proofHolds", pick: 0 },
      { _tag: "dialSucceeds", pick: 0 },
      { _tag: "release", pick: 0 },
      { _tag: "pass", millis: 60 }
    ]
    for (let round = 0; round < 60; round++) {
      for (const next of calm) this.play(next)
    }
  }
}

const replayed = (moves: ReadonlyArray<Move>): Ledger => {
  const ledger = new Ledger()
  for (const next of moves) ledger.play(next)
  return ledger
}

describe("the pool's machine, whatever happens in whatever order", () => {
  it.prop(
    "keeps its bounds, serves in order, lends nothing old, and answers every caller once",
    [fc.array(move, { maxLength: 200 })],
    ([moves]) => {
      replayed(moves)
    },
    { fastCheck: { numRuns: 2_000 } }
  )

  it.prop(
    "serves or refuses everyone once the world is kind again, and keeps nothing active",
    [fc.array(move, { maxLength: 100 })],
    ([moves]) => {
      const ledger = replayed(moves)
      ledger.recover()
      assert.strictEqual(ledger.waiting.size, 0)
      assert.strictEqual(ledger.lent.size, 0)
      // A proof that keeps an idle connection alive may have begun just now.
      assert.strictEqual(ledger.proving.size, ledger.state.suspects)
    },
    { fastCheck: { numRuns: 500 } }
  )

  it.prop(
    "holds no connection once it is closed and everything has come back",
    [fc.array(move, { maxLength: 100 })],
    ([moves]) => {
      const ledger = replayed(moves)
      ledger.play({ _tag: "close" })
      ledger.recover()
      assert.strictEqual(total(ledger.state), 0)
      assert.strictEqual(ledger.open.size, 0)
    },
    { fastCheck: { numRuns: 500 } }
  )
})
