import { afterAll, beforeAll, expect, it } from "vitest"
import { holdfastAdapter } from "../src/holdfastAdapter.ts"
import { migrate } from "../src/migrate.ts"
import { freshClient } from "./freshClient.ts"

const database = freshClient()

const options = {
  user: { additionalFields: { credits: { type: "number", defaultValue: 0 } } }
} as const

const adapter = holdfastAdapter(database)(options)
const atOnce = Array.from({ length: 50 }, (_, index) => index)

const createUser = (email: string) =>
  adapter.create<Record<string, unknown>, { readonly id: string }>({
    model: "user",
    data: { name: email, email, emailVerified: false }
  })

const creditsOf = ({ id }: { readonly id: string }) =>
  adapter.findOne({ model: "user", where: [{ field: "id", value: id }], select: ["credits"] })

beforeAll(() => migrate(database, options))

afterAll(() => database.dispose())

it("of 50 who consume a token at once, one has it", async () => {
  const token = { identifier: "reset", value: "token", expiresAt: new Date() }
  await adapter.create({ model: "verification", data: token })
  const where = [{ field: "identifier", value: token.identifier }]
  const consumed = await Promise.all(
    atOnce.map(() => adapter.consumeOne({ model: "verification", where }))
  )
  expect(consumed.filter((row) => row !== null)).toEqual([expect.objectContaining(token)])
})

it("of 50 who spend at once, as many succeed as there was credit for", async () => {
  const user = await createUser("spender@example.com")
  const byId = { field: "id", value: user.id }
  await adapter.update({ model: "user", where: [byId], update: { credits: 7 } })
  const spent = await Promise.all(
    atOnce.map(() =>
      adapter.incrementOne({
        model: "user",
        where: [byId, { field: "credits", operator: "gt", value: 0 }],
        increment: { credits: -1 }
      })
    )
  )
  expect(spent.filter((row) => row !== null)).toHaveLength(7)
  expect(await creditsOf(user)).toEqual({ credits: 0 })
})

it("statements sent at once within a transaction are all in it", async () => {
  const emails = atOnce.map((index) => `at-once-${index}@example.com`)
  const failing = adapter.transaction(async (inside) => {
    await Promise.all(
      emails.map((email) =>
        inside.create({ model: "user", data: { name: email, email, emailVerified: false } })
      )
    )
    expect(await inside.count({ model: "user", where: [among(emails)] })).toBe(50)
    expect(await adapter.count({ model: "user", where: [among(emails)] })).toBe(0)
    throw new Error("No, after all.")
  })
  await expect(failing).rejects.toThrow("No, after all.")
  expect(await adapter.count({ model: "user", where: [among(emails)] })).toBe(0)
})

const among = (emails: string[]) => ({ field: "email", operator: "in" as const, value: emails })
