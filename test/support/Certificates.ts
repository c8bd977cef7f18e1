import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/**
 * Certificates for tests on loopback, and for nothing else: their keys are public. They are good from
 * 2020 to 2120. The authority's key was thrown away; whoever needs another certificate makes all of
 * them anew, with `openssl req -newkey` and `openssl ca -startdate -enddate`.
 */
const pathOf = (name: string) => fileURLToPath(new URL(`tls/${name}`, import.meta.url))

const textOf = (name: string) => readFileSync(pathOf(name), "utf8")

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

const identity = (name: string): Identity => ({
  cert: textOf(`${name}.crt`),
  key: textOf(`${name}.key`)
})

/** The file of the authority that has signed the others. */
export const authorityPath = pathOf("authority.crt")

export const authority = textOf("authority.crt")

/** For `localhost` and `127.0.0.1`. */
export const server = identity("server")

/** For the same names, by the same authority, with another key. */
export const middleman = identity("middleman")

/** For `elsewhere.example`. */
export const elsewhere = identity("elsewhere")
