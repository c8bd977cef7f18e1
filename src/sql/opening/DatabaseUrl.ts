import { Either, Redacted } from "effect"
import { parse } from "pg-connection-string"
import { ConnectError } from "../../pool/PoolError.ts"
import { type TlsMode, tlsMode, tlsParameters, type UrlParameters } from "./TlsMode.ts"

/** What the URL of a database says. Absent is what it leaves out. */
export interface DatabaseUrl {
  /** A name, an address, or the directory of a socket. */
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly username?: string
  readonly password?: Redacted.Redacted
  readonly tls: TlsMode
  /** All parameters but those of TLS. */
  readonly parameters: UrlParameters
}

/** The driver would take any text for the name of a database on a host called "base". */
const form = /^(postgres(ql)?:\/\/|socket:|\/)/i

const fatal = (message: string): ConnectError =>
  new ConnectError({ message, isFatal: true, provesRestart: false })

const badUrl = fatal(
  "Invalid URL of the database: expected postgresql://user:password@host:port/database, with special characters in the password percent-encoded"
)

/** The URL without the parameters of TLS, and all its parameters. */
const split = (text: string): readonly [string, UrlParameters] => {
  const [address = "", ...query] = (text.split("#")[0] ?? "").split("?")
  const parameters = new URLSearchParams(query.join("?"))
  const all = Object.fromEntries(parameters)
  for (const name of tlsParameters) parameters.delete(name)
  return [parameters.size === 0 ? address : `${address}?${parameters}`, all]
}

const portOf = (
  text: string | null | undefined
): Either.Either<number | undefined, ConnectError> => {
  if (!text) return Either.right(undefined)
  const port = Number(text)
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? Either.right(port)
    : Either.left(badUrl)
}

/** What the URL says of TLS. Contradictions fail with a sentence that repeats no value. */
const tlsOf = (parameters: UrlParameters): Either.Either<TlsMode, ConnectError> =>
  Either.mapLeft(tlsMode(parameters), fatal)

/**
 * Reads the URL of a database as the driver does. Fails with a fatal `ConnectError`, which repeats
 * nothing of it, if it is none.
 */
export const parseUrl = (url: Redacted.Redacted): Either.Either<DatabaseUrl, ConnectError> =>
  Either.gen(function* () {
    const text = Redacted.value(url)
    if (!form.test(text)) return yield* Either.left(badUrl)
    const [address, parameters] = split(text)
    const { database, host, password, port, user } = yield* Either.try({
      try: () => parse(address),
      catch: () => badUrl
    })
    const number = yield* portOf(port)
    const tls = yield* tlsOf(parameters)
    return {
      // An IPv6 address stands in brackets in a URL, and in none elsewhere.
      ...(host ? { host: host.replace(/^\[(.+)\]$/, "$1") } : {}),
      ...(number === undefined ? {} : { port: number }),
      ...(database ? { database } : {}),
      ...(user ? { username: user } : {}),
      ...(password ? { password: Redacted.make(password) } : {}),
      tls,
      parameters
    }
  })

const silent: DatabaseUrl = {
  tls: { verification: undefined, files: {}, isDirect: false, channelBinding: "disable" },
  parameters: {}
}

/** As {@link parseUrl}; no URL says nothing. */
export const parseOptionalUrl = (
  url: Redacted.Redacted | undefined
): Either.Either<DatabaseUrl, ConnectError> =>
  url === undefined ? Either.right(silent) : parseUrl(url)
