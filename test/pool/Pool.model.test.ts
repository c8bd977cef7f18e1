import { assert, describe, it } from "@effect/vitest"
import {
  Duration,
  Effect,
  Exit,
  type Fiber,
  FiberId,
  FastCheck as fc,
  Runtime,
  Scope
} from "effect"
import { Interleaving } from "../../proofs/simulation/Interleaving.ts"
import { runtimeOf } from "../../proofs/simulation/runtimeOf.ts"
import { Timeline } from "../../proofs/simulation/Timeline.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import type { SimulatedConnection } from "../../src/testing/SimulatedSession.ts"
import { PoolModel } from "./PoolModel.ts"

const patience = Duration.seconds(3)

/** Within this many milliseconds after a command, all is done that takes no longer than it must. */
const moment = 5

const refusal = new ConnectError({ message: "ECONNREFUSED", isFatal: false, provesRestart: false })

/** A caller of the pool under test. */
interface Caller {
  fiber: Fiber.RuntimeFiber<void, unknown> | undefined
  connection: SimulatedConnection | undefined
  finish: () => void
}

/** The pool under test, on a simulated server and in a simulated time. */
class Real {
  readonly server = new SimulatedServer()
  readonly callers: Array<Caller> = []
  readonly refused: Array<number> = []
  private readonly interleaving = new Interleaving(undefined)
  readonly timeline = new Timeline(undefined, () => this.interleaving.settle())
  private readonly runtime = runtimeOf(this.timeline, 1, undefined)
  private readonly scope = Effect.runSync(Scope.make())
  readonly pool: PoolOf<SimulatedConnection>

  constructor(max: number) {
    const config = { ...defaults, min: 0, max, acquireTimeout: patience }
    const built = this.fork(Scope.extend(make(this.server.connector, config), this.scope))
    this.timeline.settle()
    this.pool = Effect.runSync(built)
  }

  private fork<A, E>(effect: Effect.Effect<A, E>): Fiber.RuntimeFiber<A, E> {
    return Runtime.runFork(this.runtime)(effect, { scheduler: this.interleaving })
  }

  ask(): void {
    const id = this.callers.length
    const caller: Caller = { fiber: undefined, connection: undefined, finish: () => undefined }
    this.callers.push(caller)
    caller.fiber = this.fork(
      this.pool.use((connection) =>
        Effect.async<void>((resume) => {
          caller.connection = connection
          caller.finish = () => resume(Effect.void)
        })
      )
    )
    caller.fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && !Exit.isInterrupted(exit)) this.refused.push(id)
    })
  }

  leave(id: number): void {
    this.callers[id]?.fiber?.unsafeInterruptAsFork(FiberId.none)
  }

  recreate(): void {
    this.fork(this.pool.recreate)
  }

  close(): void {
    this.fork(Scope.close(this.scope, Exit.void))
  }
}

const holding = ({ callers }: Real): ReadonlyArray<number> =>
  callers.flatMap(({ connection, fiber }, id) =>
    connection !== undefined && fiber?.unsafePoll() === null ? [id] : []
  )

/** The pool is what the model says: in its counts, in who holds, and in who was refused. */
const compare = (model: PoolModel, real: Real): void => {
  model.learn(real.refused)
  const holders = model.holders.map(({ id }) => id).sort((a, b) => a - b)
  assert.deepStrictEqual(holding(real), holders, "who holds a connection")
  assert.deepStrictEqual([...real.refused].sort(), [...model.refused].sort(), "who was refused")
  if (model.isClosed) return
  const { active, idle, waiting } = Effect.runSync(real.pool.stats)
  const expected = { active: holders.length, idle: model.idle, waiting: model.queue.length }
  assert.deepStrictEqual({ active, idle, waiting }, expected)
}

const pass = (model: PoolModel, real: Real, millis: number): void => {
  real.timeline.advance(millis)
  model.pass(millis)
  compare(model, real)
}

/** Whoever's time is up within a moment leaves before: a connection takes the pool some of it, and the model none. */
const settleDeadlines = (model: PoolModel, real: Real): void => {
  while (model.queue.some(({ deadline }) => deadline - model.now <= moment))
    pass(model, real, moment)
}

type Command = fc.Command<PoolModel, Real>

/** A command that both obey, and after which they are compared. */
const command = (
  name: string,
  obey: (model: PoolModel, real: Real) => void,
  mayRun: (model: Readonly<PoolModel>) => boolean = () => true
): Command => ({
  check: mayRun,
  run: (model, real) => {
    settleDeadlines(model, real)
    obey(model, real)
    pass(model, real, moment)
  },
  toString: () => name
})

const nth = <A>(all: ReadonlyArray<A>, pick: number): A | undefined => all[pick % all.length]

const giveBack = (pick: number): Command =>
  command(
    `giveBack(${pick})`,
    (model, real) => {
      const id = nth(model.holders, pick)?.id
      if (id === undefined) return
      model.giveBack(id)
      real.callers[id]?.finish()
    },
    ({ holders }) => holders.length > 0
  )

const leave = (pick: number): Command =>
  command(
    `leave(${pick})`,
    (model, real) => {
      const id = nth([...model.holders, ...model.queue], pick)?.id
      if (id === undefined) return
      model.leave(id)
      real.leave(id)
    },
    ({ holders, queue }) => holders.length + queue.length > 0
  )

const isOpen = ({ isClosed }: Readonly<PoolModel>): boolean => !isClosed

const ask = command("ask", (model, real) => {
  model.ask()
  real.ask()
})

const refuse = command("refuse", (model, real) => {
  model.isAway = true
  real.server.refusal = refusal
})

const crash = command("crash", (model, real) => {
  model.isAway = true
  model.condemn()
  real.server.goAway()
})

/** Whoever waits is served within a second of the return; those whose time is up before are not. */
const comeBack = command("comeBack", (model, real) => {
  const isHopeful = model.queue.every(({ deadline }) => deadline > model.now + 1_000)
  if (!isHopeful) pass(model, real, Duration.toMillis(patience))
  real.server.comeBack()
  real.timeline.advance(1_000)
  model.comeBack()
  model.pass(1_000)
})

/** Every session ends with a word that proves nothing of the others, while dials succeed. */
const hangUp = command(
  "hangUp",
  (model, real) => {
    model.condemn()
    real.server.endAll({ message: "57P01: terminating connection", provesRestart: false })
  },
  isOpen
)

const recreate = command(
  "recreate",
  (model, real) => {
    model.condemn()
    real.recreate()
  },
  isOpen
)

const close = command(
  "close",
  (model, real) => {
    model.close()
    real.close()
  },
  isOpen
)

const wait = (millis: number): Command =>
  command(`wait(${millis})`, (model, real) => pass(model, real, millis))

const pick = fc.nat(20)

const commands = fc.commands(
  [
    fc.constant(ask),
    fc.constant(ask),
    fc.constant(ask),
    pick.map(giveBack),
    pick.map(giveBack),
    pick.map(leave),
    fc.nat(4_000).map(wait),
    fc.constant(refuse),
    fc.constant(crash),
    fc.constant(comeBack),
    fc.constant(comeBack),
    fc.constant(recreate),
    fc.constant(hangUp)
  ],
  { maxCommands: 60, size: "max" }
)

describe("a pool, beside a model of what it should be", () => {
  it.prop(
    "has the same holders, the same queue and the same refusals after every command",
    [fc.integer({ min: 1, max: 4 }), commands, fc.boolean()],
    ([max, all, isClosedInTheEnd]) => {
      const setup = () => ({
        model: new PoolModel(max, Duration.toMillis(patience)),
        real: new Real(max)
      })
      fc.modelRun(setup, isClosedInTheEnd ? [...all, close, ask] : all)
    },
    { fastCheck: { numRuns: 300 }, timeout: 60_000 }
  )
})
