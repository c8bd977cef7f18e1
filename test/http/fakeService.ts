import { Effect, Layer, Logger } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Server, type ServerOptions } from "../../src/http/Server.ts"
import type { Pool } from "../../src/pool/index.ts"
import { fakeAuth } from "./FakeAuth.ts"
import { fakePool } from "./FakePool.ts"
import { Service } from "./Service.ts"

/** What the service stands on. */
export type Floors = Accounts | Sessions | Pool

/** Floors without a database. */
export const fakeFloors: Layer.Layer<Floors> = Layer.merge(fakeAuth, fakePool())

/** The fake floors with some methods of theirs replaced; the other ones are not implemented. */
export const floorsWith = (methods: {
  readonly accounts?: Partial<Accounts["Type"]>
  readonly sessions?: Partial<Sessions["Type"]>
}): Layer.Layer<Floors> =>
  Layer.mergeAll(
    Layer.mock(Accounts, methods.accounts ?? {}),
    Layer.mock(Sessions, methods.sessions ?? {}),
    fakePool()
  )

const silence = Logger.remove(Logger.defaultLogger)

/** The real server on a free port of this machine, over the given floors. It logs to `log`. */
export const serviceOver = (
  floors: Layer.Layer<Floors>,
  options: ServerOptions = {},
  log: Layer.Layer<never> = silence
) =>
  Layer.effect(
    Service,
    Effect.map(Server, ({ url }) => ({ url }))
  ).pipe(
    Layer.provide(Server.layer({ ...options, port: 0 })),
    Layer.provide(floors),
    Layer.provide(log)
  )
