import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { classify, describe as describeCause } from "../../src/sql/failure/classify.ts"
import { fromCause } from "../../src/sql/failure/PgError.ts"
import { table } from "../../src/sql/failure/SqlStates.ts"
import { findBinaries } from "../../src/testing/PostgresBinaries.ts"
import { clients } from "./corpus/clients.ts"
import { type Entry, progress, traitsOf } from "./corpus/Entry.ts"
import { neon } from "./corpus/neon.ts"
import { peers } from "./corpus/peers.ts"
import { poolers } from "./corpus/poolers.ts"
import { postgres } from "./corpus/postgres.ts"

const raised = ({ error }: Pick<Entry, "error">): Error => Object.assign(new Error(), error)

const corpus = [...postgres, ...clients, ...neon, ...poolers]

/** Every code of the server's own list. */
const errorCodes = Effect.gen(function* () {
  const { postgres: program } = yield* findBinaries
  const list = join(dirname(dirname(program)), "share", "postgresql", "errcodes.txt")
  const text = yield* Effect.promise(() => readFile(list, "utf8"))
  return [...text.matchAll(/^([0-9A-Z]{5})\s+E\s/gm)].map(([, code = ""]) => code)
})

const anyError = fc.record(
  {
    message: fc.string(),
    code: fc.oneof(fc.stringMatching(/^[0-9A-Z]{5}$/), fc.string(), fc.integer()),
    severity: fc.constantFrom("ERROR", "FATAL", "PANIC", "FEHLER", "ВАЖНО", "ΣΦΑΛΜΑ", ""),
    routine: fc.constantFrom("ProcessInterrupts", "exec_stmt_raise", "")
  },
  { requiredKeys: [] }
)

describe("a message that was really said", () => {
  it.each(corpus.map((entry) => [entry.error.message, entry.phase, entry.source, entry] as const))(
    "%s (%s; %s) means what the corpus says",
    (_message, _phase, _source, entry) => {
      const verdict = classify(raised(entry))
      assert.strictEqual(verdict.reason, entry.reason)
      assert.deepStrictEqual(traitsOf(verdict), entry.traits)
      assert.strictEqual(fromCause(raised(entry), progress[entry.phase]).outcome, entry.outcome)
    }
  )

  it("is there for every voice, so that the table is tested against more than itself", () => {
    assert.isAtLeast(corpus.length, 200)
    for (const voice of [postgres, clients, neon, poolers]) assert.isAtLeast(voice.length, 20)
  })

  it("is known to the table under each of its rows for proxies and drivers", () => {
    const isMet = ({ codes, message }: (typeof table)[number]) =>
      corpus.some(
        ({ error }) =>
          codes.includes(String(error.code ?? "")) && message?.test(String(error.message))
      )
    const unmet = table.filter((rule) => rule.message !== undefined && !isMet(rule))
    // Provoked on a real server in ServerMessages.test.ts.
    assert.deepStrictEqual(
      unmet.map(({ codes }) => codes[0]),
      ["55000", "57014", "0A000"]
    )
  })
})

describe("what others retry", () => {
  it.each(peers)(
    "$code is judged as $peer does: $isRetryable $because",
    ({ code, isRetryable }) => {
      const error = { message: "…", code, severity: "ERROR", routine: "somewhere" }
      assert.strictEqual(classify(error).isRetryable, isRetryable)
    }
  )
})

describe("a verdict", () => {
  it.prop("exists for whatever is thrown, and can be told", [fc.anything()], ([thrown]) => {
    assert.isString(classify(thrown).reason)
    assert.isString(describeCause(thrown))
    assert.isString(fromCause(thrown, progress.statement).message)
  })

  it.prop("of FATAL and PANIC ends the session, whatever the code", [anyError], ([error]) => {
    const isLast = ["FATAL", "PANIC", "ВАЖНО"].includes(error.severity ?? "")
    if (isLast) assert.isTrue(classify(error).endsSession)
  })

  it.prop(
    "is the same in every language of the server",
    [
      fc.constantFrom(...corpus.filter(({ error }) => "routine" in error)),
      fc.constantFrom(
        { ERROR: "FEHLER", FATAL: "FATAL", PANIC: "PANIK" },
        { ERROR: "ОШИБКА", FATAL: "ВАЖНО", PANIC: "ПАНИКА" },
        { ERROR: "错误", FATAL: "致命错误", PANIC: "比致命错误还过分的错误" }
      )
    ],
    ([entry, words]) => {
      const english = raised(entry)
      const { severity } = entry.error
      const said = Object.entries(words).find(([word]) => word === severity)?.[1] ?? severity
      const translated = Object.assign(raised(entry), { severity: said })
      assert.deepStrictEqual(classify(translated), classify(english))
      const { outcome } = fromCause(translated, progress[entry.phase])
      assert.strictEqual(outcome, fromCause(english, progress[entry.phase]).outcome)
    }
  )

  it("never says both that no try can succeed and that one may", () => {
    assert.deepStrictEqual(
      table.filter(({ isFatalToConnect, isRetryable }) => isFatalToConnect && isRetryable),
      []
    )
  })

  it.effect(
    "about a statement ends the session for a standby, a disk or a doubt, and no other code",
    () =>
      Effect.gen(function* () {
        const codes = yield* errorCodes
        assert.isAbove(codes.length, 250)
        const verdicts = codes.map((code) => {
          const error = { code, message: "…", severity: "ERROR", routine: "exec_stmt_raise" }
          return { code, ...classify(error) }
        })
        assert.deepStrictEqual(
          verdicts.filter(({ endsSession }) => endsSession).map(({ code }) => code),
          ["08007", "25006", "25P04", "40003", "58000", "58030"]
        )
        const tooFar = verdicts.filter(
          ({ hasNotBegun, isFatalToConnect, provesRestart }) =>
            hasNotBegun || isFatalToConnect || provesRestart
        )
        assert.deepStrictEqual(tooFar, [])
      })
  )

  it.prop(
    "is the same however deep the error is wrapped, and wherever a circle closes",
    [fc.constantFrom(...corpus), fc.array(fc.boolean(), { maxLength: 30 }), fc.string()],
    ([entry, wrappings, note]) => {
      const error = raised(entry)
      let outermost: Error = error
      for (const isAggregate of wrappings) {
        outermost = isAggregate
          ? new AggregateError([outermost], `could not: ${note}`)
          : new Error(`could not: ${note}`, { cause: outermost })
      }
      if (error.cause === undefined && outermost !== error) error.cause = outermost
      assert.deepStrictEqual(classify(outermost), classify(raised(entry)))
    }
  )

  it("is found below ten thousand causes", () => {
    let outermost: unknown = { code: "40001", severity: "ERROR", message: "…", routine: "…" }
    for (let depth = 0; depth < 10_000; depth++) outermost = new Error("…", { cause: outermost })
    assert.strictEqual(classify(outermost).reason, "SerializationError")
  })

  it("looks inside the error with which Node.js says that every address failed", () => {
    const refused = (address: string) =>
      Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: "ECONNREFUSED" })
    const all = Object.assign(new AggregateError([refused("::1:1"), refused("127.0.0.1:1")], ""), {
      code: "ECONNREFUSED"
    })
    assert.isTrue(classify(all).isRetryable)
    assert.strictEqual(describeCause(all), "connect ECONNREFUSED ::1:1")
  })
})
