import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { fakeFloors, serviceOver } from "./http/fakeService.ts"
import { type Answer, send } from "./http/Service.ts"
import { markdownPage } from "./support/MarkdownPage.ts"

/** What a command of curl asks for. */
interface CurlRequest {
  readonly path: string
  readonly init: RequestInit
}

const curl = /^curl (?:-X (\w+) )?http:\/\/127\.0\.0\.1:8000(\S*)/

const parsed = (command: string): CurlRequest => {
  const [, method = "GET", path = ""] = curl.exec(command) ?? []
  const headers = [...command.matchAll(/-H '([^:']+): ([^']*)'/g)].map(
    ([, name = "", value = ""]): [string, string] => [name, value]
  )
  const [, body = null] = /-d '([^']*)'/.exec(command) ?? []
  return { path, init: { method, headers, body } }
}

/** The names of its fields, at every depth. */
const shape = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shape(field)]))
    : "a value"

const tokenIn = ({ text }: Answer): string | undefined =>
  /"sessionToken":\s*"([^"]+)"/.exec(text)?.[1]

/** Sends what a page shows, one request after the other, and compares the answers that it shows. */
const followed = (path: string) =>
  Effect.gen(function* () {
    let token = ""
    let sent = 0
    let answer: Answer | undefined
    for (const { code, language } of markdownPage(path).blocks) {
      if (language === "json") assert.deepEqual(shape(answer?.json), shape(JSON.parse(code)), path)
      if (language !== "sh" || !curl.test(code)) continue
      const { init, path: at } = parsed(code.replace("<sessionToken>", token))
      answer = yield* send(at, init)
      assert.isBelow(answer.status, 300, `${path}: ${code} ${answer.text}`)
      token = tokenIn(answer) ?? token
      sent += 1
    }
    return sent
  })

layer(serviceOver(fakeFloors), { excludeTestServices: true })("the requests", (it) => {
  it.effect("of the README and of the page on sign-up are answered as these say", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* followed("README.md"), 1)
      assert.strictEqual(yield* followed("docs/sign-up.md"), 2)
    })
  )
})
