import { type Manual, pageOf } from "./Manual.ts"
import { manuals } from "./manuals.ts"

const asks = new Set(["--help", "-h"])

/** The words before the first option: a command's name, as far as they are one. */
const manualFor = (args: ReadonlyArray<string>): Manual | undefined => {
  const end = args.findIndex((arg) => arg.startsWith("-"))
  const words = end === -1 ? args : args.slice(0, end)
  return manuals.find(({ name }) => name === words.join(" "))
}

const isGroup = ({ name }: Manual): boolean =>
  manuals.some(
    (other) => other.name !== name && other.name.startsWith(name === "" ? "" : `${name} `)
  )

/** The page that arguments ask for: with `--help`, or by a group of commands without one of them. */
export const helpFor = (args: ReadonlyArray<string>): string | undefined => {
  const manual = manualFor(args)
  if (manual === undefined) return undefined
  const isAsked = args.some((arg) => asks.has(arg)) || (isGroup(manual) && args.every(isWord))
  return isAsked ? pageOf(manual, manuals) : undefined
}

const isWord = (arg: string): boolean => !arg.startsWith("-")

const needsValue = /unknown argument: '(--url|--instances)'/

/** What `@effect/cli` says of a mistake, as one sentence, and where to read on. */
export const mistakeOf = (said: string, args: ReadonlyArray<string>): string => {
  const [, flag] = needsValue.exec(said) ?? []
  const sentence = (flag === undefined ? said : `${flag} needs a value behind it`)
    .trim()
    .replace(/\.$/, "")
  const command = manualFor(args)?.name ?? ""
  return `${sentence}. See \`${["holdfast", command, "--help"].filter((word) => word !== "").join(" ")}\`.`
}
