import { Effect, Layer } from "effect"
import { Server } from "../../src/http/Server.ts"
import { blackBox } from "../http/blackBox.ts"
import { Service } from "../http/Service.ts"
import { runningService } from "../support/RunningService.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const service = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) =>
    Layer.effect(
      Service,
      Effect.map(Server, (server) => ({ url: server.url }))
    ).pipe(Layer.provide(runningService(url)))
  )
).pipe(Layer.provide(TestDatabase.address))

blackBox("the whole service", service)
