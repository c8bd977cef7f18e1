import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { absence, brokenPromises, summary } from "../../proofs/away/Away.ts"
import { askAt } from "../../proofs/service/Ask.ts"
import { Server } from "../../src/http/Server.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network } from "../support/ProxiedClient.ts"
import { runningService } from "../support/RunningService.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const service = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    return runningService((yield* FaultProxy).url(url), { sessions: { deadline: "1 second" } })
  })
)

const stage = service.pipe(Layer.provideMerge(network), Layer.provide(TestDatabase.address))

layer(stage, { excludeTestServices: true, timeout: "1 minute" })(
  "a database that is away for three seconds",
  (it) => {
    it.effect(
      "signs nobody out: 503 with Retry-After, and a success within 1 s of its return",
      () =>
        Effect.gen(function* () {
          const ask = askAt((yield* Server).url, 12)
          const proxy = yield* FaultProxy
          const seen = yield* absence({ ask, proxy, people: 12, lasts: "3 seconds" })
          expect(brokenPromises(seen)).toEqual([])
          expect(summary(seen)).toMatchObject({ signedOut: 0, cookies: 0, otherwise: 0 })
        })
    )
  }
)
