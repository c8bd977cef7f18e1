import { Effect, ManagedRuntime, Redacted } from "effect"
import { EmbeddedPostgres } from "holdfast/testing"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresUrl: string
  }
}

/** A PostgreSQL for the suites and the races, which ends with the run. */
export default async function setUp(project: TestProject) {
  const runtime = ManagedRuntime.make(EmbeddedPostgres.layer())
  const { url } = await runtime.runPromise(Effect.map(EmbeddedPostgres, (server) => server))
  project.provide("postgresUrl", Redacted.value(url))
  return () => runtime.dispose()
}
