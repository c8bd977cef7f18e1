export { ensureSchema } from "./ensureSchema.ts"
export * as PgClient from "./PgClient.ts"
export { type Outcome, PgError, type Phase, type Reason } from "./PgError.ts"
export { type ReplayOptions, replay } from "./replay.ts"
