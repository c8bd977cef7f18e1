/** What there is to say of one command. */
export interface Manual {
  /** As it is typed behind `holdfast`; empty: the program itself. */
  readonly name: string
  /** In one line of a list. */
  readonly summary: string
  /** Paragraphs. */
  readonly text: ReadonlyArray<string>
  /** What may be written behind it, and what each means. */
  readonly options: ReadonlyArray<readonly [flag: string, meaning: string]>
}

const width = 78

/** Breaks a text into lines. Every line but the first begins with the margin. */
const wrapped = (text: string, margin: number): string => {
  const lines = [""]
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? ""
    if (last === "") lines[lines.length - 1] = word
    else if (margin + last.length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`
    else lines.push(word)
  }
  return lines.join(`\n${" ".repeat(margin)}`)
}

const listed = (entries: ReadonlyArray<readonly [string, string]>): string => {
  const column = Math.max(...entries.map(([term]) => term.length)) + 4
  return entries
    .map(([term, text]) => `  ${term.padEnd(column - 2)}${wrapped(text, column)}`)
    .join("\n")
}

const section = (title: string, body: string): string => `${title}\n${body}`

const exitCodes = listed([
  ["0", "all is well"],
  ["1", "something is wrong, or could not be done"],
  ["2", "wrong use or wrong settings"],
  ["130", "interrupted"]
])

const settings = `  ${wrapped(
  "NEON_DB_URL or DATABASE_URL names the database. Outside production a file .env in this folder is read as well.",
  2
)}`

const everywhere = [["--help, -h", "Show this."]] as const

const isUnder = (group: string, name: string): boolean =>
  name !== group && name.startsWith(group === "" ? "" : `${group} `)

/** A page of help for one command, or for a group of them. */
export const pageOf = (manual: Manual, all: ReadonlyArray<Manual>): string => {
  const { name, options, summary, text } = manual
  const under = all.filter((other) => isUnder(name, other.name))
  const command = ["holdfast", name].filter((word) => word !== "").join(" ")
  const use = under.length > 0 ? "<command> [options]" : "[options]"
  const commands = under.map((other): [string, string] => [other.name, other.summary])
  return [
    `${command}: ${summary}`,
    section("Usage", `  ${command} ${use}`),
    ...text.map((paragraph) => wrapped(paragraph, 0)),
    ...(under.length > 0 ? [section("Commands", listed(commands))] : []),
    section("Options", listed([...options, ...everywhere])),
    section("Settings", settings),
    section("Exit codes", exitCodes)
  ].join("\n\n")
}
