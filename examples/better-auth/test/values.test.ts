import { afterAll, beforeAll, expect, it } from "vitest"
import { holdfastAdapter } from "../src/holdfastAdapter.ts"
import { migrate } from "../src/migrate.ts"
import { freshClient } from "./freshClient.ts"

const database = freshClient()

const options = {
  user: { additionalFields: { tags: { type: "json", required: false } } }
} as const

const adapter = holdfastAdapter(database)(options)

const createUser = (name: string, tags: unknown = null) =>
  adapter.create<Record<string, unknown>>({
    model: "user",
    data: { name, email: `${encodeURIComponent(name)}@example.com`, emailVerified: false, tags }
  })

beforeAll(() => migrate(database, options))

afterAll(() => database.dispose())

it.each(["%", "_", "\\", '\'; DROP TABLE "user"; --'])(
  "%s stands for itself, wherever it is searched",
  async (text) => {
    await createUser("someone else")
    const name = `before ${text} after`
    await createUser(name)
    for (const mode of ["sensitive", "insensitive"] as const) {
      const where = [{ field: "name", operator: "contains" as const, value: text, mode }]
      const found = await adapter.findMany({ model: "user", where })
      expect(found).toEqual([expect.objectContaining({ name })])
      await adapter.update({ model: "user", where, update: { name } })
    }
    await adapter.deleteMany({ model: "user", where: [] })
  }
)

it.each(["in", "not_in"] as const)(
  "nothing is %s an empty list but by its negation",
  async (operator) => {
    await createUser("anyone")
    for (const mode of ["sensitive", "insensitive"] as const) {
      const where = [{ field: "name", operator, value: [], mode }]
      expect(await adapter.count({ model: "user", where })).toBe(operator === "in" ? 0 : 1)
    }
    await adapter.deleteMany({ model: "user", where: [] })
  }
)

it("a list in a JSON column comes back as it was", async () => {
  const tags = ["one", { two: 2 }, null]
  const { id } = await createUser("tagged", tags)
  const where = [{ field: "id", value: String(id) }]
  expect(await adapter.findOne({ model: "user", where })).toMatchObject({ tags })
})
