import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { hostOf, parsePublicUrl } from "../../src/auth/PublicUrl.ts"

describe("PUBLIC_URL", () => {
  it.each([
    ["https://app.example.com", "https://app.example.com"],
    ["https://app.example.com/", "https://app.example.com"],
    ["HTTPS://App.Example.com:443/account//", "https://app.example.com/account"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["http://127.0.0.1:3000/", "http://127.0.0.1:3000"]
  ])("%s is read as %s", (text, url) => {
    const parsed = Either.getOrThrow(parsePublicUrl(text))
    assert.strictEqual(parsed, url)
    assert.strictEqual(hostOf(parsed), new URL(url).host)
  })

  it.each([
    "",
    "app.example.com",
    "http://app.example.com",
    "http://localhost.example.com",
    "ftp://app.example.com",
    "javascript:alert(1)",
    "https://user@app.example.com",
    "https://app.example.com?next=/",
    "https://app.example.com#",
    "https://app.example.com/a b"
  ])("%j is refused, with what to write", (text) => {
    assert.match(Either.getOrThrow(Either.flip(parsePublicUrl(text))), /must be like https:/)
  })
})
