import { type ChildProcess, fork } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, FiberId, Redacted } from "effect"
import { reasonOf } from "./Obituary.ts"
import type { Told } from "./Operation.ts"
import type { Message, Question, Request } from "./Request.ts"

const entry = fileURLToPath(new URL("contestant.main.ts", import.meta.url))
const viteNode = createRequire(import.meta.url).resolve("vite-node/vite-node.mjs")

const start = (contestant: string, url: Redacted.Redacted): ChildProcess =>
  fork(viteNode, ["--options.deps.external=/dist/", entry, contestant], {
    // Variables such as PGCONNECT_TIMEOUT would configure some contestants and not others.
    env: { PATH: process.env.PATH, DATABASE_URL: Redacted.value(url) },
    stdio: ["ignore", "ignore", "pipe", "ipc"]
  })

/** One life of a process, and who waits for it. */
export class Life {
  private readonly child: ChildProcess
  private readonly asked = new Map<number, Deferred.Deferred<Told>>()
  private said = ""
  private isOver = false
  readonly ended = Deferred.unsafeMake<string>(FiberId.none)
  readonly ready = Deferred.unsafeMake<void>(FiberId.none)

  constructor(contestant: string, url: Redacted.Redacted) {
    const child = start(contestant, url)
    this.child = child
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.said = (this.said + text).slice(-8192)
    })
    child.on("message", (message: Message) => this.hear(message))
    // A question to a process that is just dying is answered by its end.
    child.on("error", () => undefined)
    child.once("close", (code, signal) => this.end(signal ?? `code ${code}`))
  }

  ask(number: number, request: Request): Effect.Effect<Told> {
    return Effect.suspend(() => {
      if (this.isOver) return Effect.succeed<Told>({ _tag: "Died" })
      const told = Deferred.unsafeMake<Told>(FiberId.none)
      this.asked.set(number, told)
      const question: Question = { number, request }
      this.child.send(question, () => undefined)
      return Deferred.await(told)
    })
  }

  kill(): void {
    this.child.kill("SIGKILL")
  }

  private hear(message: Message): void {
    if (message._tag === "Ready") {
      Deferred.unsafeDone(this.ready, Effect.void)
      return
    }
    const told = this.asked.get(message.number)
    this.asked.delete(message.number)
    if (told !== undefined) Deferred.unsafeDone(told, Effect.succeed(message.answer))
  }

  private end(ending: string): void {
    this.isOver = true
    for (const told of this.asked.values()) {
      Deferred.unsafeDone(told, Effect.succeed({ _tag: "Died" }))
    }
    Deferred.unsafeDone(this.ended, Effect.succeed(reasonOf(this.said, ending)))
  }
}
