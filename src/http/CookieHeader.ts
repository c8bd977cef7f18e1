/**
 * White space as RFC 6265 has it, and no more: `trim()` also takes off the byte A0. A neighbour under
 * the same domain can plant a cookie whose name begins with that byte, and no browser holds it to the
 * prefix `__Host-`. The look behind keeps a run of blanks from being tried again at each of them.
 */
const BLANKS = /^[ \t]+|(?<![ \t])[ \t]+$/g

/** The values that a Cookie header has under a name, in their order. */
export const valuesIn = (header: string | undefined, name: string): ReadonlyArray<string> =>
  (header ?? "")
    .split(";")
    .map((pair) => pair.replace(BLANKS, ""))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
