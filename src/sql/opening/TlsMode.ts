import type { ConnectionOptions } from "node:tls"
import { Either } from "effect"

/** How much of the server's certificate is checked: its chain, or its chain and the host's name. */
type Verification = "off" | "none" | "chain" | "full"

/** What the parameters of a database's URL ask of TLS and of the login over it. */
export interface TlsMode {
  /** Absent: the URL does not say, so that the `ssl` field, `PGSSLMODE` or no TLS decides. */
  readonly verification: Verification | undefined
  /** Paths of PEM files. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** Begins TLS at once, without asking whether the server offers it (PostgreSQL 17). */
  readonly isDirect: boolean
  readonly channelBinding: "require" | "prefer" | "disable"
}

/** The parameters of a URL by name. */
export type UrlParameters = Readonly<Record<string, string>>

/** The parameters that are read here and nowhere else; the driver prints warnings for some. */
export const tlsParameters: ReadonlyArray<string> = [
  "ssl",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslnegotiation",
  "uselibpqcompat",
  "channel_binding"
]

/** The driver's own reading of `sslmode`: whoever asks for TLS gets a verified server. */
const verified: Readonly<Record<string, Verification>> = {
  disable: "off",
  "no-verify": "none",
  allow: "full",
  prefer: "full",
  require: "full",
  "verify-ca": "full",
  "verify-full": "full"
}

/** `uselibpqcompat=true`: PostgreSQL 18, section 32.19.1, as far as the driver knows it. */
const asLibpq = (hasAuthority: boolean): Readonly<Record<string, Verification>> => ({
  ...verified,
  allow: "none",
  prefer: "none",
  require: hasAuthority ? "chain" : "none",
  "verify-ca": "chain"
})

const switches: Readonly<Record<string, Verification>> = {
  true: "full",
  "1": "full",
  false: "off",
  "0": "off",
  "no-verify": "none"
}

const bindings = { require: "require", prefer: "prefer", disable: "disable" } as const
const negotiations = { postgres: false, direct: true } as const

const oneOf = <A>(
  name: string,
  value: string,
  table: Readonly<Record<string, A>>
): Either.Either<A, string> => {
  const found = Object.hasOwn(table, value) ? table[value] : undefined
  return found === undefined
    ? Either.left(`${name} in the URL must be one of ${Object.keys(table).join(", ")}`)
    : Either.right(found)
}

const optional = <A>(
  name: string,
  { [name]: value }: UrlParameters,
  table: Readonly<Record<string, A>>
): Either.Either<A | undefined, string> =>
  value === undefined || value === "" ? Either.right(undefined) : oneOf(name, value, table)

const filesOf = ({ sslcert, sslkey, sslrootcert }: UrlParameters): TlsMode["files"] => ({
  ...(sslrootcert && sslrootcert !== "system" ? { ca: sslrootcert } : {}),
  ...(sslcert ? { cert: sslcert } : {}),
  ...(sslkey ? { key: sslkey } : {})
})

/** `sslmode`, with the set of meanings that `uselibpqcompat` chooses. */
const modeOf = (parameters: UrlParameters): Either.Either<Verification | undefined, string> => {
  const { sslmode, sslrootcert, uselibpqcompat } = parameters
  if (uselibpqcompat !== "true") return optional("sslmode", parameters, verified)
  return sslmode === "verify-ca" && !sslrootcert
    ? Either.left("sslmode=verify-ca in the URL needs sslrootcert: name a file, or use verify-full")
    : optional("sslmode", parameters, asLibpq(Boolean(sslrootcert)))
}

const verificationOf = (parameters: UrlParameters, isDirect: boolean) =>
  Either.gen(function* () {
    const { sslcert, sslkey, sslrootcert } = parameters
    const mode = yield* modeOf(parameters)
    const isOn = yield* optional("ssl", parameters, switches)
    const namesFiles = Boolean(sslcert || sslkey || sslrootcert)
    const asked = mode ?? (namesFiles ? "full" : isOn) ?? (isDirect ? "full" : undefined)
    // Anybody can have a certificate of a public authority: only the name tells the server.
    return asked === "chain" && sslrootcert === "system" ? "full" : asked
  })

/**
 * What a URL asks of TLS; a sentence if it contradicts itself or asks for what there is not.
 *
 * `require` and stricter, and as the driver has it `prefer` and `allow`, mean TLS with a verified
 * certificate and host name; `no-verify` means TLS with any certificate. `sslrootcert=system` means
 * the authorities that Node.js trusts.
 */
export const tlsMode = (parameters: UrlParameters): Either.Either<TlsMode, string> =>
  Either.gen(function* () {
    const isDirect = (yield* optional("sslnegotiation", parameters, negotiations)) ?? false
    const binding = yield* optional("channel_binding", parameters, bindings)
    const verification = yield* verificationOf(parameters, isDirect)
    if (verification === "off" && isDirect)
      return yield* Either.left("sslnegotiation=direct in the URL needs TLS: add sslmode=require")
    if (verification === "off" && binding === "require")
      return yield* Either.left("channel_binding=require in the URL needs TLS: add sslmode=require")
    const files = filesOf(parameters)
    // The driver's default, which is not libpq's.
    return { verification, files, isDirect, channelBinding: binding ?? "disable" }
  })

const checks: Readonly<Record<Exclude<Verification, "off">, ConnectionOptions>> = {
  none: { rejectUnauthorized: false },
  chain: { rejectUnauthorized: true, checkServerIdentity: () => undefined },
  full: { rejectUnauthorized: true }
}

/**
 * The driver's `ssl`. The URL decides whether to speak TLS and what to verify; the field adds the
 * rest, such as authorities, or decides everything if the URL is silent.
 */
export const tlsOptions = (
  { verification }: TlsMode,
  pem: ConnectionOptions,
  field: boolean | ConnectionOptions | undefined
): boolean | ConnectionOptions | undefined => {
  if (verification === undefined) return field
  if (verification === "off") return false
  const {
    checkServerIdentity: _,
    rejectUnauthorized: __,
    ...rest
  } = typeof field === "object" ? field : {}
  return { ...rest, ...pem, ...checks[verification] }
}

const distrust =
  "The server's certificate is not trusted: name the file of its authority with sslrootcert in the URL, or its text with ssl.ca"

const advice: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: distrust,
  SELF_SIGNED_CERT_IN_CHAIN: distrust,
  UNABLE_TO_GET_ISSUER_CERT: distrust,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: distrust,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: distrust,
  CERT_HAS_EXPIRED: "The server's certificate has expired: renew it",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "The server's certificate is for another name: connect by a name that is in it"
}

/** One sentence on what to do about a failure of TLS, by its code. */
export const tlsAdvice = (code: string, message: string): string | undefined =>
  /does not support SSL/.test(message)
    ? "TLS was asked for, and no password was sent: turn TLS on at the server, or use sslmode=disable where the network is trusted"
    : advice[code]
