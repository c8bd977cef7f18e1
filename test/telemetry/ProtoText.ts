/** A message as `protoc --decode` prints it: each field with all its values, in order. */
export interface Message {
  readonly [field: string]: ReadonlyArray<Message | string>
}

interface Open {
  readonly fields: Record<string, Array<Message | string>>
}

const escaped = /\\([0-7]{3}|.)/g

const named: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" }

/** The bytes of a quoted value, each as one character. */
const unquoted = (text: string): string =>
  text.startsWith('"')
    ? text
        .slice(1, -1)
        .replace(escaped, (_, code: string) =>
          /^[0-7]{3}$/.test(code)
            ? String.fromCharCode(Number.parseInt(code, 8))
            : (named[code] ?? code)
        )
    : text

const add = ({ fields }: Open, name: string, value: Message | string) => {
  const values = fields[name] ?? []
  values.push(value)
  fields[name] = values
}

/** Reads it. A field that the definitions do not know has a number for a name. */
export const parse = (text: string): Message => {
  const root: Open = { fields: {} }
  const open = [root]
  for (const line of text.split("\n").map((each) => each.trim())) {
    const top = open.at(-1) ?? root
    if (line.endsWith(" {")) {
      const inner: Open = { fields: {} }
      add(top, line.slice(0, -2), inner.fields)
      open.push(inner)
    } else if (line === "}") {
      open.pop()
    } else if (line !== "") {
      const colon = line.indexOf(": ")
      add(top, line.slice(0, colon), unquoted(line.slice(colon + 2)))
    }
  }
  return root.fields
}

/** The messages in a field. */
export const messages = (message: Message | undefined, field: string): ReadonlyArray<Message> =>
  (message?.[field] ?? []).filter((value) => typeof value !== "string")

/** The text in a field; empty if there is none. */
export const text = (message: Message | undefined, field: string): string =>
  (message?.[field] ?? []).find((value) => typeof value === "string") ?? ""

/** Names of all fields, at any depth. */
export const fieldNames = (message: Message): ReadonlyArray<string> =>
  Object.entries(message).flatMap(([name, values]) => [
    name,
    ...values.flatMap((value) => (typeof value === "string" ? [] : fieldNames(value)))
  ])

/** The attributes of a span, an event, a resource or a data point. */
export const attributes = (message: Message): Readonly<Record<string, string>> =>
  Object.fromEntries(
    messages(message, "attributes").map((attribute) => {
      const value = messages(attribute, "value")[0] ?? {}
      return [text(attribute, "key"), String(Object.values(value)[0]?.[0] ?? "")]
    })
  )
