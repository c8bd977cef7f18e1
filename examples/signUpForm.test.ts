import { createServer } from "node:http"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { fakeFloors, serviceOver } from "../test/http/fakeService.ts"
import { freshEmail, Service } from "../test/http/Service.ts"
import { signUp } from "./signUpForm.ts"

/** Stands before the service: loses one request, puts off the next, and lets the others pass. */
const unreliable = (service: string) =>
  Effect.acquireRelease(
    Effect.async<{ url: string; keys: Array<string | undefined>; close: () => void }>((resume) => {
      const keys: Array<string | undefined> = []
      const server = createServer((request, response) => {
        keys.push(request.headers["idempotency-key"]?.toString())
        if (keys.length === 1) request.socket.destroy()
        else if (keys.length === 2) response.writeHead(503, { "retry-after": "0" }).end("{}")
        else response.writeHead(307, { location: service + (request.url ?? "") }).end()
      })
      server.listen(0, "127.0.0.1", () => {
        const at = server.address()
        const port = typeof at === "object" ? at?.port : 0
        const close = () => server.close()
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, keys, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const form = () => ({ email: freshEmail(), password: "TestPass123" })

const tried = (service: string, filledIn: { email: string; password: string }) =>
  Effect.promise(() => signUp(service, filledIn))

layer(serviceOver(fakeFloors), { excludeTestServices: true })("the form", (it) => {
  it.effect("welcomes, or says what is wrong, by field where it is one", () =>
    Effect.gen(function* () {
      const { url } = yield* Service
      const ada = form()
      assert.deepStrictEqual(yield* tried(url, ada), { show: "welcome", email: ada.email })
      assert.deepInclude(yield* tried(url, { ...ada, password: "OtherPass123" }), {
        show: "message"
      })
      const wrong = yield* tried(url, { email: "ada", password: "short" })
      if (wrong.show !== "issues") return assert.fail(wrong.show)
      assert.sameMembers(
        wrong.issues.map(({ field }) => field),
        ["email", "password"]
      )
    })
  )

  it.scoped("asks again with the same key after no answer, and after 503", () =>
    Effect.gen(function* () {
      const { url } = yield* Service
      const before = yield* unreliable(url)
      const ada = form()
      assert.deepStrictEqual(yield* tried(before.url, ada), { show: "welcome", email: ada.email })
      assert.lengthOf(before.keys, 3)
      assert.lengthOf(new Set(before.keys), 1)
      assert.isDefined(before.keys[0])
    })
  )
})
