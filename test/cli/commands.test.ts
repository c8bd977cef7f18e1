import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { vi } from "vitest"
import { holdfast } from "../../src/cli/holdfast.ts"
import { exitCodeOf } from "../../src/cli/Outcome.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Runs a command on the file's database in this process, and answers with its exit code and output. */
const ran = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const written: Array<string> = []
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    const all = [...args, "--url", Redacted.value(url)]
    const exit = yield* Effect.ensuring(
      Effect.exit(holdfast(all)),
      Effect.sync(() => spy.mockRestore())
    )
    return { code: exitCodeOf(exit, all), text: written.join("") }
  })

layer(TestDatabase.address, { excludeTestServices: true })("the commands", (it) => {
  it.effect("say what is pending, apply it once, and then that nothing is", () =>
    Effect.gen(function* () {
      const pending = yield* ran("migrate", "--check")
      assert.strictEqual(pending.code, 1)
      assert.match(pending.text, /Pending 1_users_and_sessions\n[\s\S]*run `holdfast migrate`/)
      const applied = yield* ran("migrate")
      assert.strictEqual(applied.code, 0)
      assert.match(applied.text, /^Applied 1_users_and_sessions\n/)
      assert.deepStrictEqual(yield* ran("migrate", "--check"), {
        code: 0,
        text: "The database is up to date.\n"
      })
    })
  )

  it.effect("prune, and tell how much", () =>
    Effect.gen(function* () {
      yield* ran("migrate")
      assert.deepStrictEqual(yield* ran("sessions", "prune"), {
        code: 0,
        text: "Deleted 0 sessions, 0 tokens and 0 throttles.\n"
      })
      const { text } = yield* ran("sessions", "prune", "--json")
      assert.deepStrictEqual(JSON.parse(text), { sessions: 0, tokens: 0, throttles: 0 })
    })
  )

  it.effect("check, line by line, with advice below and a sentence at the end", () =>
    Effect.gen(function* () {
      const { code, text } = yield* ran("check", "--instances", "50")
      assert.strictEqual(code, 0)
      assert.match(text, /^ok {7}Name {15}127\.0\.0\.1 is an address already\n/)
      assert.match(
        text,
        /\nwarning {2}Arithmetic {9}50 instances.*\n {28}Set DB_POOL_MAX|Run fewer/
      )
      assert.match(text, /\n\d warnings\.\n$/)
    })
  )
})
