/** One contestant as a process of its own: it answers what it is asked, until its parent goes. */
import type { Client } from "./Client.ts"
import { contestantNamed } from "./Contestant.ts"
import type { Answer, Message, Question, Request } from "./Request.ts"

const say = (message: Message) => process.send?.(message)

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const run = async (client: Client, request: Request): Promise<ReadonlyArray<string>> => {
  if (request._tag === "Read") return (await client.read(request.account)).map(({ id }) => id)
  await client.signUp(request.signUp)
  return []
}

const answerOf = (client: Client, request: Request): Promise<Answer> =>
  run(client, request).then(
    (found) => ({ _tag: "Done", found }),
    (error) => ({ _tag: "Failed", message: messageOf(error) })
  )

const [name = ""] = process.argv.slice(2)
const contestant = contestantNamed(name)
if (contestant === undefined) throw new Error(`${name} is no contestant`)

// No orphan stays behind when the parent is killed.
process.once("disconnect", () => process.exit())
const open = await contestant.load()
const client = await open(process.env.DATABASE_URL ?? "")
process.on("message", (question: Question) => {
  void answerOf(client, question.request).then((answer) =>
    say({ _tag: "Reply", number: question.number, answer })
  )
})
say({ _tag: "Ready" })
