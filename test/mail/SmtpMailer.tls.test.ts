import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { authority, elsewhere, server as trusted } from "../support/Certificates.ts"
import { mailServer, url } from "./MailServer.ts"
import { mail, mailer } from "./Sending.ts"
import { socketServer } from "./SocketServer.ts"

/** The address of a server that must speak TLS, with a login. */
const insistent = (server: { readonly port: number }) =>
  Redacted.make(`smtp://service:pass@localhost:${server.port}?tls=required`)

describe("SmtpMailer and TLS", () => {
  it.scopedLive("speaks TLS from the start with smtps, to a server that proves its name", () =>
    Effect.gen(function* () {
      const server = yield* mailServer({ secure: true, ...trusted })
      const { send } = yield* mailer({ url: url(server, "smtps", "localhost"), authority })
      yield* send(mail)
      assert.isTrue(server.deliveries[0]?.isEncrypted)
    })
  )

  it.scopedLive("begins TLS before a login or a mail where smtp insists on it", () =>
    Effect.gen(function* () {
      const server = yield* mailServer({
        ...trusted,
        authOptional: false,
        onAuth: (_auth, session, done) => done(null, session.secure ? { user: "service" } : {})
      })
      const { send } = yield* mailer({ url: insistent(server), authority })
      yield* send(mail)
      assert.isTrue(server.deliveries[0]?.isEncrypted)
    })
  )

  it.scopedLive("gives nothing to a server that was talked out of TLS", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const server = yield* socketServer((socket) => {
        socket.write("220 hello\r\n")
        socket.on("data", (data) => {
          heard.push(data.toString())
          socket.write("250 AUTH PLAIN\r\n")
        })
      })
      const { send } = yield* mailer({ url: insistent(server), connectTimeout: "200 millis" })
      assert.isTrue((yield* Effect.flip(send(mail))).isRetryable)
      assert.match(heard.join(""), /EHLO/)
      assert.notMatch(heard.join(""), /AUTH|MAIL|reader/)
    })
  )

  it.scopedLive.each(["smtps", "smtp"])("verifies certificates with %s as well", (scheme) =>
    Effect.gen(function* () {
      const server = yield* mailServer({ secure: scheme === "smtps", ...trusted })
      const address = scheme === "smtps" ? url(server, scheme, "localhost") : insistent(server)
      const { send } = yield* mailer({ url: address })
      assert.isTrue((yield* Effect.flip(send(mail))).isRetryable)
      assert.strictEqual(server.deliveries.length, 0)
    })
  )

  it.scopedLive.each([
    ["by an authority that is not trusted", trusted, undefined],
    ["with another name", elsewhere, authority]
  ] as const)("tells nothing to a server with a certificate %s", ([, identity, trustedAuthority]) =>
    Effect.gen(function* () {
      const server = yield* mailServer({ secure: true, ...identity })
      const { send } = yield* mailer({
        url: url(server, "smtps", "localhost"),
        authority: trustedAuthority
      })
      const error = yield* Effect.flip(send(mail))
      assert.isTrue(error.isRetryable)
      assert.strictEqual(server.deliveries.length, 0)
    })
  )
})
