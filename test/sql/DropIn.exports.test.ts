import * as SqlPg from "@effect/sql-pg"
import * as Upstream from "@effect/sql-pg/PgClient"
import type { Context } from "effect"
import { assert, expectTypeOf, it } from "vitest"
import { PgClient } from "../../src/sql/index.ts"

it("has every value that @effect/sql-pg's PgClient exports, of the same kind", () => {
  for (const [name, value] of Object.entries(Upstream))
    assert.strictEqual(typeof Reflect.get(PgClient, name), typeof value, name)
})

it("is provided under the tag of @effect/sql-pg itself, so that its other modules find it", () => {
  assert.strictEqual(PgClient.PgClient, SqlPg.PgClient.PgClient)
  assert.strictEqual(PgClient.TypeId, SqlPg.PgClient.TypeId)
})

it("takes and gives what @effect/sql-pg's PgClient takes and gives", () => {
  // Checked by the compiler: what was typed against upstream's module accepts ours.
  const ours: Omit<typeof Upstream, "default"> = PgClient
  assert.containsAllKeys(ours, Object.keys(Upstream))
})

it("names the types that @effect/sql-pg's PgClient names", () => {
  // Checked by the compiler: an annotation with upstream's type may become one with ours.
  expectTypeOf<Upstream.PgClientConfig>().toExtend<PgClient.PgClientConfig>()
  expectTypeOf<Upstream.PgClientFromPoolOptions>().toExtend<PgClient.PgClientFromPoolOptions>()
  expectTypeOf<PgClient.PgClient>().toEqualTypeOf<Upstream.PgClient>()
  expectTypeOf<PgClient.TypeId>().toEqualTypeOf<Upstream.TypeId>()
  expectTypeOf<PgClient.PgCustom>().toEqualTypeOf<Upstream.PgCustom>()
  expectTypeOf<Context.Tag.Service<typeof PgClient.PgClient>>().toEqualTypeOf<Upstream.PgClient>()
})
