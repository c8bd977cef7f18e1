import { type ChildProcess, spawn } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { Effect, type Scope } from "effect"
import { ProofFailed } from "../../proofs/Proof.ts"
import type { Question } from "../../proofs/service/Ask.ts"
import { freePort } from "../../src/testing/FreePort.ts"
import { bytesOf, KeptConnection } from "./KeptConnection.ts"
import { endGroup, hasEnded } from "./ProcessGroup.ts"

/** How a server is started. It listens on the port that `PORT` names. */
export interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly directory?: string
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number
  readonly port: number
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startTime: number
}

/** Nothing else that this process happens to be told reaches a server. */
const inherited = () => {
  const { HOME, PATH, TMPDIR } = process.env
  return { HOME, PATH, TMPDIR }
}

const start = ({ args, command, directory, env }: Program, port: number): ChildProcess =>
  spawn(command, args, {
    cwd: directory,
    env: { ...inherited(), ...env, PORT: String(port) },
    // A group of its own: npm's child ends with npm.
    detached: true,
    // It logs as in production; nobody reads it.
    stdio: ["ignore", "ignore", "inherit"]
  })

/** Between two looks whether it listens: they must not take the processor that it starts on. */
const pause = 5

const patience = 60_000

const answered = async (port: number, question: string): Promise<boolean> => {
  const connection = new KeptConnection(port)
  const status = await connection.ask(question).catch(() => 0)
  connection.close()
  return status === 200
}

const firstAnswer = async (child: ChildProcess, port: number, question: string) => {
  const giveUp = performance.now() + patience
  while (!(await answered(port, question))) {
    if (hasEnded(child)) throw new Error("it ended before it answered")
    if (performance.now() > giveUp) throw new Error("it did not answer 200 within a minute")
    await sleep(pause)
  }
}

/** Starts a server, asks until it answers 200, and ends it with the scope. */
export const startServer = (
  program: Program,
  question: Question
): Effect.Effect<ServerProcess, ProofFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* Effect.orDie(freePort)
    const begun = performance.now()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(program, port)),
      endGroup
    )
    yield* Effect.tryPromise({
      try: () => firstAnswer(child, port, bytesOf(question)),
      catch: (cause) =>
        new ProofFailed({
          message: `${program.command} ${program.args.join(" ")}: ${cause instanceof Error ? cause.message : cause}`
        })
    })
    return { pid: child.pid ?? 0, port, startTime: performance.now() - begun }
  })
