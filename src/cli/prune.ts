import { Config, Effect, Layer, type Option, type Redacted } from "effect"
import { type Pruned, Pruning } from "../auth/Pruning.ts"
import { SessionExpiry } from "../auth/SessionExpiry.ts"
import { variables } from "../Settings.ts"
import * as SettingsInvalid from "../settings/SettingsInvalid.ts"
import { client, failed } from "./Client.ts"
import { reporting } from "./Reporting.ts"
import { print, printJson, progress, progressOver } from "./Screen.ts"
import { target } from "./Target.ts"

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? "" : "s"}`

/** What was deleted, as a sentence. */
export const prunedSentence = ({ sessions, throttles, tokens }: Pruned): string =>
  `Deleted ${count(sessions, "session")}, ${count(tokens, "token")} and ${count(throttles, "throttle")}.`

const { sessionIdle, sessionLifetime } = variables.auth

/** Sessions end by the settings of the service. */
const expiry = Config.all({ idle: sessionIdle, absolute: sessionLifetime }).pipe(
  Effect.mapBoth({ onFailure: SettingsInvalid.fromConfigError, onSuccess: SessionExpiry.layer }),
  Layer.unwrapEffect
)

const pruned = Effect.flatMap(Pruning, ({ prune }) =>
  Effect.zipRight(progress("Deleting what has expired"), prune)
).pipe(Effect.mapError(failed), Effect.ensuring(progressOver))

/** Does what `holdfast sessions prune` is for. */
export const prune = ({
  json,
  url
}: {
  readonly json: boolean
  readonly url: Option.Option<Redacted.Redacted>
}) =>
  Effect.gen(function* () {
    const at = yield* target(url)
    const pruning = Layer.provide(Pruning.layer(), [client(at, "sessions prune"), expiry])
    const gone = yield* Effect.provide(pruned, pruning)
    yield* json ? printJson(gone) : print(prunedSentence(gone))
  }).pipe(reporting(json))
