import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Redacted } from "effect"
import type { SMTPServerError } from "smtp-server"
import { mailServer, url } from "./MailServer.ts"
import { canary, mail, mailer } from "./Sending.ts"
import { socketServer } from "./SocketServer.ts"

const refusing = (responseCode: number, enhancedCode = "5.1.1"): SMTPServerError =>
  Object.assign(new Error(`${enhancedCode} <reader@example.com> ${canary} is unwelcome`), {
    responseCode
  })

describe("SmtpMailer", () => {
  it.scopedLive("delivers a mail once, as it was written, to its one address", () =>
    Effect.gen(function* () {
      const server = yield* mailServer()
      const { send } = yield* mailer({ url: url(server) })
      yield* send(mail)
      assert.strictEqual(server.deliveries.length, 1)
      const [delivery] = server.deliveries
      assert.strictEqual(delivery?.from, "service@example.com")
      assert.deepStrictEqual(delivery?.to, ["reader@example.com"])
      const message = delivery?.message ?? ""
      assert.include(message, "From: Holdfast <service@example.com>\r\n")
      assert.include(message, "To: reader@example.com\r\n")
      assert.include(message, "Subject: Confirm your e-mail address\r\n")
      assert.include(message, "Auto-Submitted: auto-generated\r\n")
      assert.match(message, /Content-Type: text\/plain/)
      assert.include(message, `#token=${canary}\r\n.\r\nwithin 24 hours.`)
      assert.notMatch(message, /nodemailer/i)
    })
  )

  it.scopedLive("keeps its connection for the next mail, and closes it with the scope", () =>
    Effect.gen(function* () {
      const server = yield* mailServer()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { send } = yield* mailer({ url: url(server) })
          yield* send(mail)
          yield* send(mail)
        })
      )
      assert.strictEqual(server.deliveries.length, 2)
      assert.strictEqual(server.connections(), 1)
    })
  )

  it.scopedLive.each([
    [451, "5.1.1", true],
    [550, "5.1.1", false],
    [550, "5.2.1", false],
    // Full, over the sender's quota, from a blocked sender, not relayed: that may be put right.
    [552, "5.2.2", true],
    [550, "5.4.5", true],
    [550, "5.7.1", true],
    [553, "5.1.8", true]
  ] as const)(
    "an address that is answered %i %s may be tried again: %s",
    ([code, enhancedCode, isRetryable]) =>
      Effect.gen(function* () {
        const server = yield* mailServer({
          onRcptTo: (_address, _session, done) => done(refusing(code, enhancedCode))
        })
        const { send } = yield* mailer({ url: url(server) })
        const error = yield* Effect.flip(send(mail))
        assert.strictEqual(error._tag, "MailRefused")
        assert.strictEqual(error.isRetryable, isRetryable)
        assert.include(error.message, `answered ${code} ${enhancedCode} to RCPT TO`)
      })
  )

  it.scopedLive.each([452, 554])("a text that is answered %i may be tried again", (code) =>
    Effect.gen(function* () {
      const server = yield* mailServer({
        onData: (stream, _session, done) => {
          stream.on("end", () => done(refusing(code))).resume()
        }
      })
      const { send } = yield* mailer({ url: url(server) })
      const error = yield* Effect.flip(send(mail))
      assert.isTrue(error.isRetryable)
      assert.include(error.message, `answered ${code} 5.1.1 to DATA`)
    })
  )

  it.scopedLive("a wrong password or sender is no fault of the mail: it may be tried again", () =>
    Effect.gen(function* () {
      const strict = yield* mailServer({
        authOptional: false,
        allowInsecureAuth: true,
        onAuth: (auth, _session, done) =>
          auth.password === "p@ss" ? done(null, { user: "service" }) : done(refusing(535))
      })
      const wrong = yield* mailer({ url: url(strict, "smtp", "127.0.0.1", "service:nope@") })
      const refused = yield* Effect.flip(wrong.send(mail))
      assert.isTrue(refused.isRetryable)
      assert.match(refused.message, /answered 535 .*to AUTH/)
      const right = yield* mailer({ url: url(strict, "smtp", "127.0.0.1", "service:p%40ss@") })
      yield* right.send(mail)
      assert.strictEqual(strict.deliveries.length, 1)

      const choosy = yield* mailServer({
        onMailFrom: (_address, _session, done) => done(refusing(550))
      })
      const { send } = yield* mailer({ url: url(choosy) })
      assert.isTrue((yield* Effect.flip(send(mail))).isRetryable)
    })
  )

  it.scopedLive("nobody is there: refused, to be tried again", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(socketServer(() => {}))
      const { send } = yield* mailer({ url: url({ port }) })
      const error = yield* Effect.flip(send(mail))
      assert.isTrue(error.isRetryable)
      assert.include(error.message, "ECONNREFUSED")
    })
  )

  it.scopedLive("a server that accepts and says nothing is given up in time", () =>
    Effect.gen(function* () {
      const silent = yield* socketServer(() => {})
      const { send } = yield* mailer({ url: url(silent), connectTimeout: "100 millis" })
      const [time, error] = yield* Effect.timed(Effect.flip(send(mail)))
      assert.isTrue(error.isRetryable)
      assert.include(error.message, "ETIMEDOUT")
      assert.isBelow(Duration.toMillis(time), 3000)
    })
  )

  it.scopedLive("a server that falls silent after the text is given up in time", () =>
    Effect.gen(function* () {
      const server = yield* mailServer({ onData: (stream) => void stream.resume() })
      const { send } = yield* mailer({ url: url(server), socketTimeout: "100 millis" })
      const error = yield* Effect.flip(send(mail))
      assert.isTrue(error.isRetryable)
      assert.include(error.message, "ETIMEDOUT")
    })
  )

  it.scopedLive("a server that trickles, so that no silence is too long, meets the deadline", () =>
    Effect.gen(function* () {
      const trickling = yield* socketServer((socket) => {
        const timer = setInterval(() => socket.write("220-wait\r\n"), 10)
        socket.on("close", () => clearInterval(timer))
      })
      const { send } = yield* mailer({ url: url(trickling), deadline: "150 millis" })
      const error = yield* Effect.flip(send(mail))
      assert.isTrue(error.isRetryable)
      assert.include(error.message, "150ms")
    })
  )

  it.scopedLive(
    "a connection that drops within a mail is told, and the next mail has another",
    () =>
      Effect.gen(function* () {
        let isDropping = true
        const server = yield* mailServer({
          onRcptTo: (_address, _session, done) => {
            if (!isDropping) return done()
            isDropping = false
            Effect.runSync(server.hangUp)
          }
        })
        const { send } = yield* mailer({ url: url(server) })
        assert.isTrue((yield* Effect.flip(send(mail))).isRetryable)
        yield* send(mail)
        assert.strictEqual(server.deliveries.length, 1)
      })
  )

  it.scopedLive("whoever is interrupted does not wait, nor does the connection", () =>
    Effect.gen(function* () {
      let isStuck = true
      const server = yield* mailServer({
        onRcptTo: (_address, _session, done) => {
          if (!isStuck) done()
        }
      })
      const { send } = yield* mailer({ url: url(server) })
      const fiber = yield* Effect.fork(send(mail))
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => server.connections() > 0 })
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* Effect.repeat(Effect.sleep("5 millis"), {
        until: () => server.openConnections() === 0
      })
      isStuck = false
      yield* send(mail)
      assert.strictEqual(server.deliveries.length, 1)
    })
  )

  it.scopedLive("no refusal quotes the address, the mail, the password or the server's words", () =>
    Effect.gen(function* () {
      const login = "service:c4n4ry@"
      const server = yield* mailServer({
        allowInsecureAuth: true,
        onAuth: (_auth, _session, done) => done(null, { user: "service" }),
        onRcptTo: (_address, _session, done) => done(refusing(550))
      })
      const { send } = yield* mailer({ url: url(server, "smtp", "127.0.0.1", login) })
      const error = yield* Effect.flip(send(mail))
      const shown = `${error} ${JSON.stringify(error)} ${error.stack} ${error.cause}`
      assert.notMatch(shown, /c4n4ry|reader|unwelcome/)
    })
  )

  it.effect.each([
    { ...mail, to: "reader@example.com\r\nBcc: thief@example.com" },
    { ...mail, to: "reader@example.com, thief@example.com" },
    { ...mail, to: "reader@example.com>\r\nRCPT TO:<thief@example.com" },
    { ...mail, to: "Reader <reader@example.com>" },
    { ...mail, to: "" },
    { ...mail, subject: "Hello\r\nBcc: thief@example.com" },
    { ...mail, subject: "Hello\nThere" }
  ])("what is not one address and one line is refused before anyone is asked: %j", (injected) =>
    Effect.gen(function* () {
      const { send } = yield* mailer({ url: Redacted.make("smtp://127.0.0.1:1") })
      const error = yield* Effect.flip(send(injected))
      assert.isFalse(error.isRetryable)
      assert.notInclude(error.message, "thief")
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    "http://c4n4ry.example.com",
    "smtp://",
    "smtp://c4n4ry/path",
    "smtps://c4n4ry?tls=off",
    "smtp://c4n4ry?rejectUnauthorized=false",
    "smtp://c4n4ry:%zz@host"
  ])("an address that can't be read ends the layer, unquoted: %s", (text) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(mailer({ url: Redacted.make(text) }))
      assert.match(String(error), /SMTP_URL.*must be like/)
      assert.notInclude(String(error), "c4n4ry")
    }).pipe(Effect.scoped)
  )
})
