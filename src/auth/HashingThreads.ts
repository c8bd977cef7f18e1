import { createRequire } from "node:module"
import { Worker } from "node:worker_threads"
import { Effect, type Scope } from "effect"
import type { HashCost } from "./HashCost.ts"

/** What a thread is asked for: a new hash of a password, or whether an existing one is of it. */
type Task =
  | { readonly _tag: "Hash"; readonly password: string; readonly cost: HashCost }
  | { readonly _tag: "Verify"; readonly password: string; readonly hash: string }

type Reply =
  | { readonly _tag: "Done"; readonly value: string | boolean }
  | { readonly _tag: "Failed"; readonly message: string }

/**
 * Where threads have priorities of their own, as on Linux, hashing yields to everything else: it gets what
 * nobody else wants, and a quarter of a core beside a thread that wants all of it. With 200 who sign up on
 * two cores the p99 of session look-ups was 73 ms without that. At 10 it gets a tenth, and on a busy
 * machine sign-ups wait too long. On top of what the process has, which may have been started with less.
 * Elsewhere it would be the priority of the whole process.
 */
const niceness = process.platform === "linux" ? 5 : 0

/** Text, because it must run from sources and from what they were compiled to alike. */
const program = `
const { parentPort, workerData } = require("node:worker_threads")
const argon2 = require(workerData.library)
try {
  const { getPriority, setPriority } = require("node:os")
  if (workerData.niceness > 0) setPriority(Math.min(19, getPriority() + workerData.niceness))
} catch {
  // Not every sandbox allows it, and it is only a courtesy.
}
parentPort.on("message", (task) => {
  try {
    const value =
      task._tag === "Hash"
        ? argon2.hashSync(task.password, task.cost)
        : argon2.verifySync(task.hash, task.password)
    parentPort.postMessage({ _tag: "Done", value })
  } catch (cause) {
    parentPort.postMessage({ _tag: "Failed", message: String(cause) })
  }
})
`

const start = (): Worker => {
  const library = createRequire(import.meta.url).resolve("@node-rs/argon2")
  // Without what the process preloads, which is not meant for it.
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    workerData: { library, niceness }
  })
  // An error of an idle one would end the process; it is replaced when it is needed.
  worker.on("error", () => undefined)
  worker.unref()
  return worker
}

/** Threads that hash and nothing else, so that looking up a name never waits for one. */
export interface HashingThreads {
  readonly hash: (password: string, cost: HashCost) => Effect.Effect<string>
  readonly verify: (password: string, hash: string) => Effect.Effect<boolean>
}

/**
 * Threads that are started when they are needed first, one for each that works at the same time, and
 * end with the scope. Whoever calls limits how many that are. What has begun goes on to its end.
 */
export const makeHashingThreads: Effect.Effect<HashingThreads, never, Scope.Scope> = Effect.gen(
  function* () {
    const all = new Set<Worker>()
    const idle = new Set<Worker>()
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => Promise.all([...all].map((worker) => worker.terminate())))
    )

    const take = (): Worker => {
      for (const worker of idle) {
        idle.delete(worker)
        return worker
      }
      const worker = start()
      all.add(worker)
      worker.once("exit", () => {
        all.delete(worker)
        idle.delete(worker)
      })
      return worker
    }

    const ask = (task: Task) =>
      Effect.async<string | boolean>((resume) => {
        const worker = take()
        const over = (reply: Reply) => {
          worker.off("message", replied).off("error", broken).off("exit", ended)
          worker.unref()
          resume(
            reply._tag === "Done" ? Effect.succeed(reply.value) : Effect.dieMessage(reply.message)
          )
        }
        const replied = (reply: Reply) => {
          idle.add(worker)
          over(reply)
        }
        const broken = (error: Error) => over({ _tag: "Failed", message: String(error) })
        const ended = () => over({ _tag: "Failed", message: "the thread that hashed was ended" })
        worker.on("message", replied).on("error", broken).on("exit", ended)
        worker.ref()
        worker.postMessage(task)
      })

    return {
      hash: (password, cost) => Effect.map(ask({ _tag: "Hash", password, cost }), String),
      verify: (password, hash) =>
        Effect.map(ask({ _tag: "Verify", password, hash }), (isRight) => isRight === true)
    }
  }
)
