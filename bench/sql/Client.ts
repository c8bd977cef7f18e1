import type { Reactivity } from "@effect/experimental"
import type { Effect, Redacted, Scope } from "effect"
import type { Caller } from "../Caller.ts"

/** What is measured; `passGate` keeps a session busy, see `Gate`. */
export type Operation = "pointSelect" | "transaction" | "passGate"

/** A way to reach the database, by who does what with it. */
export type Client = Readonly<Record<Operation, Caller>>

/** Makes a client of the database, with at most so many connections. */
export type Open = (
  url: Redacted.Redacted,
  maxConnections: number
) => Effect.Effect<Client, unknown, Scope.Scope | Reactivity.Reactivity>
