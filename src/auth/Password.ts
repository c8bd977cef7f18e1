import { type Brand, Redacted, Schema } from "effect"

/** The fewest characters that any password may have; a `PasswordPolicy` may ask for more. */
export const MIN_LENGTH = 8

const MAX_LENGTH = 256

/**
 * Longest text in UTF-16 units that can normalise to `MAX_LENGTH` code points: none decomposes into
 * more than four, of two units each. Anything longer is refused before it costs work.
 */
const MAX_UNITS = MAX_LENGTH * 4 * 2

/**
 * The one form in which a password is counted, hashed and verified: NFC, so that an "é" is the same
 * whether a keyboard sends one code point or two (RFC 8265, 4.2.2).
 *
 * Not NFKC: it would take "²" for "2". NFC joins only what Unicode defines to be the same text, so
 * the password is still verified as received, neither cut nor folded (OWASP ASVS 5.0, 6.2.8).
 */
export const normalisePassword = (text: string): string => text.normalize("NFC")

const codePoints = (text: string): number => [...normalisePassword(text)].length

const TOO_SHORT = `must be at least ${MIN_LENGTH} characters long`
const TOO_LONG = `must be at most ${MAX_LENGTH} characters long`

/** What is wrong with a password, in words that don't quote it. */
const complaint = (text: string): string | undefined => {
  if (text.length > MAX_UNITS) return TOO_LONG
  // UTF-8 has no lone surrogates: every one of them would be hashed as U+FFFD.
  if (/\p{Surrogate}/u.test(text)) return "must be well-formed Unicode"
  // Implementations in C end a password there.
  if (text.includes("\0")) return "must not contain a NUL character"
  const length = codePoints(text)
  if (length < MIN_LENGTH) return TOO_SHORT
  return length > MAX_LENGTH ? TOO_LONG : undefined
}

const Text = Schema.String.annotations({
  message: () => "must be a string",
  jsonSchema: {
    type: "string",
    format: "password",
    minLength: MIN_LENGTH,
    maxLength: MAX_LENGTH,
    description: `${MIN_LENGTH} to ${MAX_LENGTH} characters of Unicode, in any mixture.`,
    examples: ["TestPass123"]
  }
})

/**
 * A password: 8 to 256 code points of well-formed Unicode without NUL, and no other rule about what
 * is in it (OWASP ASVS 5.0, 6.2.1, 6.2.5 and 6.2.9). Errors never quote what was given.
 */
export const Password = Schema.Redacted(Text).pipe(
  Schema.filter((password) => complaint(Redacted.value(password))),
  Schema.brand("Password"),
  Schema.annotations({
    identifier: "Password",
    arbitrary: () => (fc) =>
      fc
        .string({ unit: "grapheme", minLength: MIN_LENGTH, maxLength: 40 })
        .filter((text) => complaint(text) === undefined)
        .map((text): Password => Password.make(Redacted.make(text)))
  })
)

/** See the schema of the same name. */
export type Password = Redacted.Redacted<string> & Brand.Brand<"Password">

/** The number of characters: code points of the form that is hashed. */
export const lengthOf = (password: Password): number => codePoints(Redacted.value(password))
