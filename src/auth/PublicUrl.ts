import { Brand, Either } from "effect"

/** Where people see the service: what links in mails begin with. No slash at its end. */
export type PublicUrl = string & Brand.Brand<"PublicUrl">

const branded = Brand.nominal<PublicUrl>()

const SHAPE =
  "must be like https://app.example.com or https://example.com/account: https (http only for localhost), and neither user, query nor fragment"

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"])

const isSafe = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname))

/**
 * Reads the address of the pages that people see, or says what it must be like.
 *
 * It comes from configuration and from nowhere else: a link built from what a request says, such as
 * its Host, hands the token in it to whoever wrote that (GHSA-3529-5m8x-rpv3).
 */
export const parsePublicUrl = (text: string): Either.Either<PublicUrl, string> => {
  if (!URL.canParse(text)) return Either.left(SHAPE)
  const url = new URL(text)
  const isBare = !/[?#@\s]/.test(text)
  return isSafe(url) && isBare
    ? Either.right(branded(`${url.origin}${url.pathname.replace(/\/+$/, "")}`))
    : Either.left(SHAPE)
}

/** The part of it that people recognise, for example `app.example.com`. */
export const hostOf = (url: PublicUrl): string => new URL(url).host
