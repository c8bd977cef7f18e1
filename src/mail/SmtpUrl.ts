import { Either, Redacted } from "effect"

/** Where to hand mail over, and how. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte, TLS before anything that matters, or none at all. */
  readonly security: "tls" | "starttls" | "none"
  readonly username: string
  readonly password: Redacted.Redacted
}

/** Nobody can stand between two processes of one machine. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** RFC 8314: 465 for TLS at once, 587 for STARTTLS. */
const PORTS = { tls: 465, starttls: 587, none: 587 } as const

const securityOf = ({ hostname, protocol, search }: URL): SmtpServer["security"] | undefined => {
  if (protocol === "smtps:") return search === "" ? "tls" : undefined
  if (protocol !== "smtp:") return undefined
  if (search === "?tls=off") return "none"
  if (search === "?tls=required") return "starttls"
  if (search !== "") return undefined
  return LOOPBACK.test(hostname) ? "none" : "starttls"
}

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const SHAPE =
  "must be like smtps://user:password@smtp.example.com (TLS), smtp://... (STARTTLS, never without), or smtp://...?tls=off (no TLS); write special characters of the password as %XX"

/**
 * Reads the address of a mail server, or says what it must be like, quoting nothing.
 *
 * `smtps:` is TLS from the start; `smtp:` insists on STARTTLS, so that nobody in between can talk the
 * server out of it, except to this very machine, where `?tls=required` insists. Only `?tls=off` sends
 * in the clear elsewhere, for a mail catcher in a network of one's own. Certificates are always
 * verified.
 */
export const parseSmtpUrl = (url: Redacted.Redacted): Either.Either<SmtpServer, string> => {
  const text = Redacted.value(url)
  if (!URL.canParse(text)) return Either.left(SHAPE)
  const parsed = new URL(text)
  const security = securityOf(parsed)
  const [username, password] = [decoded(parsed.username), decoded(parsed.password)]
  const isBare = /^\/?$/.test(parsed.pathname) && parsed.hash === "" && parsed.hostname !== ""
  if (security === undefined || username === undefined || password === undefined || !isBare) {
    return Either.left(SHAPE)
  }
  return Either.right({
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: parsed.port === "" ? PORTS[security] : Number(parsed.port),
    security,
    username,
    password: Redacted.make(password)
  })
}
