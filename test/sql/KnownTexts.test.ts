import { assert, it } from "vitest"
import { KnownTexts } from "../../src/sql/session/KnownTexts.ts"

it("a text that is used all the time is not forgotten for those that are used once", () => {
  const texts = new KnownTexts()
  const hot = texts.use("SELECT 1")
  for (let number = 0; number < 5_000; number++) {
    texts.use(`SELECT ${number} AS once`)
    if (number % 100 === 0) assert.strictEqual(texts.use("SELECT 1"), hot)
  }
})
