import { assert, describe, it } from "@effect/vitest"
import { Either, Redacted } from "effect"
import { parseSmtpUrl } from "../../src/mail/SmtpUrl.ts"

const parse = (text: string) => Either.getOrThrow(parseSmtpUrl(Redacted.make(text)))

describe("SMTP_URL", () => {
  it.each([
    ["smtps://mail.example.com", "tls", 465],
    ["smtp://mail.example.com", "starttls", 587],
    ["smtp://mail.example.com:2525", "starttls", 2525],
    ["smtp://mailpit:1025?tls=off", "none", 1025],
    ["smtp://localhost:1025", "none", 1025],
    ["smtp://127.0.0.1", "none", 587],
    ["smtp://[::1]:1025", "none", 1025],
    ["smtp://localhost?tls=required", "starttls", 587],
    ["smtp://localhost.example.com", "starttls", 587],
    ["smtp://127.0.0.1.example.com", "starttls", 587]
  ])("%s means security %s on port %i", (text, security, port) => {
    const server = parse(text)
    assert.strictEqual(server.security, security)
    assert.strictEqual(server.port, port)
  })

  it("may hold a user and a password with any character, and an IPv6 address", () => {
    const server = parse("smtps://a%40b:p%3A%2F%40ss@[2001:db8::1]")
    assert.strictEqual(server.username, "a@b")
    assert.strictEqual(Redacted.value(server.password), "p:/@ss")
    assert.strictEqual(server.host, "2001:db8::1")
    assert.notInclude(JSON.stringify(server), "p:/@ss")
  })
})
