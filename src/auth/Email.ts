import { Brand, Either, ParseResult, Schema } from "effect"

/**
 * An e-mail address in the one spelling that its mailbox has here: local part in lower case, domain
 * as ASCII. Made by decoding with the schema of the same name.
 */
export type Email = string & Brand.Brand<"Email">

const branded = Brand.nominal<Email>()

/** Bytes of an address: RFC 5321, 4.5.3.1.3 allows a path 256, of which two are `<` and `>`. */
const MAX_LENGTH = 254

/** Bytes of a local part: RFC 5321, 4.5.3.1.1. */
const MAX_LOCAL_LENGTH = 64

/** RFC 5321's Dot-string. A quoted local part is another spelling of a bare one: refused. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

/** What the URL parser may see. It would decode `%61` and take ports, paths and user names. */
const DOMAIN_INPUT = /^[A-Za-z0-9.\-\u{80}-\u{10FFFF}]+$/u

/** Labels of RFC 1034, 3.5 and RFC 1123, 2.1: at least two, and the last does not begin a number. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

const MALFORMED = "must be an e-mail address like name@example.com"
const TOO_LONG = `must be at most ${MAX_LENGTH} characters long`
const LOCAL_TOO_LONG = `must have at most ${MAX_LOCAL_LENGTH} characters before the @`
const NOT_ASCII = "must have only ASCII characters before the @"
const BAD_DOMAIN = "must have a domain like example.com after the @"

/** UTS 46 by way of the URL standard, which browsers and Node.js share: `Bücher.de` is one host. */
const domainToAscii = (domain: string): string => {
  if (!DOMAIN_INPUT.test(domain)) return ""
  try {
    return new URL(`http://${domain}`).hostname
  } catch {
    return ""
  }
}

/** By steps: `/ +$/` takes the square of the length in time, and nothing has been limited yet. */
const withoutSpacesAround = (text: string): string => {
  let start = 0
  let end = text.length
  while (text[start] === " ") start += 1
  while (end > start && text[end - 1] === " ") end -= 1
  return text.slice(start, end)
}

/**
 * The canonical spelling of an address, or a sentence about what is wrong that never quotes it.
 *
 * Spaces around it go, because keyboards that complete addresses add one; any other white space or
 * control character is refused, as are commas, semicolons, quotes and display names: what comes out
 * is exactly one mailbox (CVE-2022-35924). The local part must be ASCII and is lowered, although
 * RFC 5321 would let a server tell cases apart, because none does and people don't; beyond ASCII
 * JavaScript, Postgres and mail servers lower differently, which let strangers reset passwords
 * (CVE-2019-19844). What providers do beyond that, like Gmail's dots, is not guessed at.
 */
export const normaliseEmail = (text: string): Either.Either<Email, string> => {
  const address = withoutSpacesAround(text)
  if (address.length > MAX_LENGTH) return Either.left(TOO_LONG)
  const at = address.lastIndexOf("@")
  if (at <= 0) return Either.left(MALFORMED)
  const spelled = address.slice(0, at)
  if (/[^\0-\x7f]/.test(spelled)) return Either.left(NOT_ASCII)
  const local = spelled.toLowerCase()
  if (!LOCAL_PART.test(local)) return Either.left(MALFORMED)
  if (local.length > MAX_LOCAL_LENGTH) return Either.left(LOCAL_TOO_LONG)
  const domain = domainToAscii(address.slice(at + 1))
  if (!DOMAIN.test(domain)) return Either.left(BAD_DOMAIN)
  const canonical = `${local}@${domain}`
  return canonical.length > MAX_LENGTH ? Either.left(TOO_LONG) : Either.right(branded(canonical))
}

/**
 * An address that is canonical already, as the database holds it. Not checked again: a rule that
 * becomes stricter must not lock out who signed up before.
 */
export const CanonicalEmail = Schema.String.pipe(Schema.fromBrand(branded)).annotations({
  jsonSchema: {
    type: "string",
    format: "email",
    maxLength: MAX_LENGTH,
    description: "An e-mail address: lower case, and the domain in ASCII."
  },
  arbitrary: () => (fc) =>
    fc
      .tuple(
        fc.stringMatching(/^[a-z0-9][a-z0-9+_-]{0,30}$/),
        fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/),
        fc.constantFrom("com", "example", "co.uk", "xn--p1ai")
      )
      .map(([local, label, suffix]) => branded(`${local}@${label}.${suffix}`))
})

const Spelling = Schema.String.annotations({
  message: () => MALFORMED,
  jsonSchema: {
    type: "string",
    format: "email",
    description: "An e-mail address in any spelling: case and spaces around it do not matter.",
    examples: ["testuser@example.com"]
  }
})

/** Decodes any spelling of an address to {@link Email}. Errors never quote what was given. */
export const Email = Schema.transformOrFail(Spelling, CanonicalEmail, {
  strict: true,
  decode: (text, _options, ast) =>
    Either.mapLeft(normaliseEmail(text), (sentence) => new ParseResult.Type(ast, text, sentence)),
  encode: ParseResult.succeed
}).annotations({ identifier: "Email" })
