import { variables } from "../src/Settings.ts"
import type { About } from "../src/settings/Variable.ts"

const groups: ReadonlyArray<ReadonlyArray<About>> = Object.values(variables).map((group) =>
  Object.values(group).map(({ about }) => about)
)

/** The rows of README's table of variables. */
export const table = (): string =>
  [
    "| Variable | What it sets | May be | Default |",
    "| --- | --- | --- | --- |",
    ...groups.flat().map((about) => {
      const fallback = about.fallback === undefined ? about.otherwise : `\`${about.fallback}\``
      return `| \`${about.name}\` | ${about.meaning} | ${about.allowed} | ${fallback} |`
    })
  ].join("\n")

const entry = ({ allowed, fallback, meaning, name, otherwise }: About): string =>
  [
    `# ${meaning}: ${allowed}.`,
    ...(fallback === undefined ? [`# Default: ${otherwise}.`] : []),
    `#${name}=${fallback ?? ""}`
  ].join("\n")

/** The whole of .env.example. */
export const example = (): string =>
  `# What the service can be told. Copy this file to .env, which is read outside production, and take\n# the # from the lines that you change. Written by \`npm run settings\`.\n\n${groups
    .map((group) => group.map(entry).join("\n\n"))
    .join("\n\n")}\n`

const begin = "<!-- settings: written by `npm run settings` -->"
const end = "<!-- /settings -->"

/** README with the table between its marks. */
export const withTable = (readme: string): string => {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)]
  return from < 0 || to < from
    ? readme
    : `${readme.slice(0, from + begin.length)}\n\n${table()}\n\n${readme.slice(to)}`
}

/** What stands between the marks, without the spaces that align columns. */
export const shownTable = (readme: string): string =>
  readme
    .slice(readme.indexOf(begin) + begin.length, readme.indexOf(end))
    .trim()
    .replace(/ +/g, " ")
    .replace(/-{3,}/g, "---")
