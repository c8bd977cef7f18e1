import { Option } from "effect"

/** Headers of every delivery, as the receiver wants them: often a key. */
export type OtlpHeaders = Readonly<Record<string, string>>

/** A field name of RFC 9110, and visible characters: neither can begin a header of its own. */
const written = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([\x20-\x7e]+?)\s*$/

const decoded = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

const isVisible = (value: string | undefined): value is string =>
  value !== undefined && /^[\x20-\x7e]*$/.test(value)

/** Reads `name=value,name=value`, where values are percent-encoded; none if it is not so. */
export const parseOtlpHeaders = (text: string): Option.Option<OtlpHeaders> => {
  const headers: Record<string, string> = {}
  for (const part of text.split(",")) {
    const [, name, encoded] = written.exec(part) ?? []
    const value = encoded === undefined ? undefined : decoded(encoded)
    if (name === undefined || !isVisible(value)) return Option.none()
    headers[name.toLowerCase()] = value
  }
  return Option.some(headers)
}
