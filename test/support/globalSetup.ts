import { Effect, ManagedRuntime, Redacted } from "effect"
import { EmbeddedPostgres } from "holdfast/testing"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresUrl: string
  }
}

/** One server for all files that do not break theirs; each gets a database of its own. */
export default async function setUp(project: TestProject) {
  const runtime = ManagedRuntime.make(
    EmbeddedPostgres.layer({ settings: { max_connections: "200" } })
  )
  const { url } = await runtime.runPromise(Effect.map(EmbeddedPostgres, (server) => server))
  project.provide("postgresUrl", Redacted.value(url))
  return () => runtime.dispose()
}
