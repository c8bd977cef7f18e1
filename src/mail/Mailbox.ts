/** Who a mail is from: an address, and perhaps a name to show with it. */
export interface Mailbox {
  readonly name: string
  readonly address: string
}

/**
 * One address and nothing else. What could end a header or begin a second address, a route or a
 * comment has no place in it: white space and control characters, `,` `;` `:` `<` `>` `(` `)` `"`.
 */
const ADDRESS = /^[^\s\p{Cc},;:<>()"\\@]+@[^\s\p{Cc},;:<>()"\\@]+$/u

/** `Name <address>`; the name may stand in quotes. */
const NAMED = /^"?([^"<>\p{Cc}]*?)"? *<([^<>]*)>$/u

/** Whether a text is exactly one address, so that it can be written into a header or a command. */
export const isAddress = (text: string): boolean => ADDRESS.test(text)

/** Reads `name@example.com` or `Name <name@example.com>`. Undefined: it is neither. */
export const parseMailbox = (text: string): Mailbox | undefined => {
  const [, name = "", address = text] = NAMED.exec(text) ?? []
  return isAddress(address) ? { name, address } : undefined
}
