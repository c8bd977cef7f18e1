import { ConfigError, Duration, Effect, Either, Layer, Redacted, type Scope } from "effect"
import type { Mail } from "./Mail.ts"
import { isAddress, type Mailbox, parseMailbox } from "./Mailbox.ts"
import { Mailer, MailRefused } from "./Mailer.ts"
import { refusal } from "./SmtpRefusal.ts"
import { parseSmtpUrl, type SmtpServer } from "./SmtpUrl.ts"

/** Where to hand mail over, and who it is from. */
export interface SmtpOptions {
  /** For example `smtps://user:password@smtp.example.com`: see `parseSmtpUrl`. */
  readonly url: Redacted.Redacted
  /** `name@example.com` or `Name <name@example.com>`. */
  readonly from: string
  /** PEM of the authority that has signed the server's certificate. Default: those Node.js trusts. */
  readonly authority?: string | undefined
  /** Longest time for a connection, and for the greeting on it. Default 10 s each. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /** Longest silence of the server while it is spoken to. Default 20 s. */
  readonly socketTimeout?: Duration.DurationInput | undefined
  /** Longest time for one mail with all that it takes. Default 25 s. */
  readonly deadline?: Duration.DurationInput | undefined
}

const CONNECT_TIMEOUT = Duration.seconds(10)
const SOCKET_TIMEOUT = Duration.seconds(20)

/** Within the half minute that an outbox gives a delivery. */
const DEADLINE = Duration.seconds(25)

const invalid = (name: string, message: string) => ConfigError.InvalidData([name], message)

const readFrom = (from: string): Either.Either<Mailbox, ConfigError.ConfigError> =>
  Either.fromNullable(parseMailbox(from), () =>
    invalid("MAIL_FROM", "must be like name@example.com or Name <name@example.com>")
  )

const readUrl = (url: Redacted.Redacted): Either.Either<SmtpServer, ConfigError.ConfigError> =>
  Either.mapLeft(parseSmtpUrl(url), (sentence) => invalid("SMTP_URL", sentence))

const millis = (input: Duration.DurationInput | undefined, fallback: Duration.DurationInput) =>
  Duration.toMillis(input ?? fallback)

/** Loaded only when mail is sent by SMTP: it takes a start of the service some 50 ms. */
const library = Effect.promise(() => import("nodemailer"))

type Library = Effect.Effect.Success<typeof library>

const transport = ({ createTransport }: Library, server: SmtpServer, options: SmtpOptions) =>
  createTransport({
    pool: true,
    maxConnections: 5,
    // An idle connection is closed with a goodbye before its silence counts as an error.
    idleTimeout: millis(options.socketTimeout, SOCKET_TIMEOUT) / 2,
    // One retry policy, and it is the caller's.
    maxRequeues: 0,
    host: server.host,
    port: server.port,
    secure: server.security === "tls",
    requireTLS: server.security === "starttls",
    ignoreTLS: server.security === "none",
    ...(options.authority === undefined ? {} : { tls: { ca: options.authority } }),
    ...(server.username === ""
      ? {}
      : { auth: { user: server.username, pass: Redacted.value(server.password) } }),
    connectionTimeout: millis(options.connectTimeout, CONNECT_TIMEOUT),
    dnsTimeout: millis(options.connectTimeout, CONNECT_TIMEOUT),
    greetingTimeout: millis(options.connectTimeout, CONNECT_TIMEOUT),
    socketTimeout: millis(options.socketTimeout, SOCKET_TIMEOUT),
    disableFileAccess: true,
    disableUrlAccess: true
  })

type Transport = ReturnType<typeof transport>

/** Closed by force: who still waits for a delivery by then has been interrupted. */
const opened = (
  server: SmtpServer,
  options: SmtpOptions
): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(library, (loaded) => transport(loaded, server, options)),
    (open) => Effect.sync(() => open.close({ force: true }))
  )

/** What would be more than one line, or more than one address, is not sent at all. */
const isWellFormed = ({ subject, to }: Mail): boolean => isAddress(to) && !/\p{Cc}/u.test(subject)

const malformed = new MailRefused({
  message:
    "A mail was not sent: it is not addressed to exactly one mailbox, or its subject is more than one line. It must be written anew.",
  isRetryable: false
})

const tooLate = (deadline: Duration.Duration) =>
  new MailRefused({
    message: `The mail server had not taken a mail after ${Duration.format(deadline)}. Trying again may help.`,
    isRetryable: true
  })

const make = (options: SmtpOptions) =>
  Effect.gen(function* () {
    const from = yield* readFrom(options.from)
    const server = yield* readUrl(options.url)
    const deadline = Duration.decode(options.deadline ?? DEADLINE)
    const open = yield* opened(server, options)

    const deliver = (mail: Mail) =>
      Effect.tryPromise({
        try: (signal) =>
          open.sendMail({
            signal,
            from,
            to: { name: "", address: mail.to },
            envelope: { from: from.address, to: [mail.to] },
            subject: mail.subject,
            text: Redacted.value(mail.text),
            xMailer: false,
            // RFC 3834: nobody's holiday notice answers it.
            headers: { "auto-submitted": "auto-generated" }
          }),
        catch: refusal
      })

    const send = Effect.fn("SmtpMailer.send")((mail: Mail) =>
      isWellFormed(mail)
        ? Effect.asVoid(
            Effect.timeoutFail(deliver(mail), {
              duration: deadline,
              onTimeout: () => tooLate(deadline)
            })
          )
        : malformed
    )
    return { send }
  })

/**
 * A `Mailer` that hands mail to a server by SMTP, over up to five connections that are kept while
 * there is mail, and half of `socketTimeout` longer. Fails when `url` or `from` can't be read; opens
 * nothing until it sends.
 *
 * Each call is one try: whoever calls tries again. A mail whose connection was lost after it was
 * written may have been taken all the same.
 */
export const layer = (options: SmtpOptions): Layer.Layer<Mailer, ConfigError.ConfigError> =>
  Layer.scoped(Mailer, make(options))
