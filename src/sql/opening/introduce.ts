import { Duration, Effect } from "effect"
import type { PgError } from "../failure/PgError.ts"
import { cancelKeyOf } from "../session/CancelRequest.ts"
import {
  attentiveIntroduction,
  introduced,
  introduction,
  proof,
  shortIntroduction
} from "../session/Introduction.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { outside } from "../session/Wire.ts"

const ask = (connection: PgConnection, query: Query): Effect.Effect<void, PgError> =>
  Effect.map(Effect.timed(connection.query(query, outside)), ([duration, answer]) => {
    connection.wasAnsweredWithin(Duration.toMillis(duration))
    connection.meet(introduced(answer, cancelKeyOf(connection.client), connection.poolMode))
  })

/** The server knows less, or grants it to fewer. */
const isRefused =
  (connection: PgConnection) =>
  ({ sqlState }: PgError): boolean =>
    sqlState !== undefined && connection.isOpen()

/** Proves a new session with one round trip, and asks it about itself on the way. */
export const introduce = (connection: PgConnection): Effect.Effect<void, PgError> =>
  Effect.suspend(() => {
    const key = cancelKeyOf(connection.client)
    const full = connection.end.isBorrowed ? introduction : attentiveIntroduction(key)
    const least = Effect.asVoid(connection.query({ text: proof }, outside))
    return ask(connection, full).pipe(
      Effect.catchIf(isRefused(connection), () => ask(connection, shortIntroduction)),
      Effect.catchIf(isRefused(connection), () => least)
    )
  })
