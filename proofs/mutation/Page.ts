import { table } from "../Table.ts"

/** What became of one change, as Stryker tells it. */
interface Mutant {
  readonly status: string
  readonly replacement: string
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
}

/** How many changes of one file the tests have found. */
export interface Score {
  readonly file: string
  readonly found: number
  readonly survived: number
  /** The day of the run, as ISO 8601. */
  readonly date: string
}

const isFound = ({ status }: Mutant): boolean => status === "Killed" || status === "Timeout"

const isLeft = ({ status }: Mutant): boolean => status === "Survived" || status === "NoCoverage"

/** Counts the changes of a file, and names those that no test has found. */
export const scoreOf = (
  file: string,
  date: string,
  mutants: ReadonlyArray<Mutant>
): { readonly score: Score; readonly survivors: ReadonlyArray<string> } => {
  const left = mutants.filter(isLeft)
  return {
    score: { file, found: mutants.filter(isFound).length, survived: left.length, date },
    survivors: left.map(({ location: { start }, replacement, status }) => {
      const change = replacement.replace(/\s+/g, " ").slice(0, 80)
      return `${file}:${start.line + 1}:${start.column + 1} ${status}: ${change}`
    })
  }
}

/** The scores on a page as {@link pageOf} writes it. */
export const rowsOf = (page: string): ReadonlyArray<Score> =>
  [...page.matchAll(/^\| `(\S+)` +\| +\S+ % \| +(\d+) \| +(\d+) \| +(\S+) \|$/gm)].map(
    ([, file = "", found, survived, date = ""]) => ({
      file,
      found: Number(found),
      survived: Number(survived),
      date
    })
  )

const percent = (found: number, survived: number): string =>
  `${((100 * found) / Math.max(1, found + survived)).toFixed(1)} %`

const sum = (scores: ReadonlyArray<Score>, count: "found" | "survived"): number =>
  scores.reduce((total, score) => total + score[count], 0)

/** The scores as a page of Markdown. */
export const pageOf = (scores: ReadonlyArray<Score>): string => {
  const sorted = scores.toSorted((one, other) => one.file.localeCompare(other.file))
  const rows = sorted.map(({ date, file, found, survived }) => [
    `\`${file}\``,
    percent(found, survived),
    found,
    survived,
    date
  ])
  const all = percent(sum(scores, "found"), sum(scores, "survived"))
  return `# Mutation testing

Each pure module is changed in every small way that Stryker knows (a condition turned, a bound moved, a
line left out), one change at a time, and the tests that touch no database run against it. A change
that no test finds survives. Texts are not changed: no test reads messages letter by letter. The random
programs of \`npm run simulate\` do not run here; they find some of the survivors.

**${all}** of the changes are found. \`npm run mutation\` writes this page, and \`npm run mutation -- \
src/pool/Pace.ts\` one of its rows.

${table(["File", "Found", "changes found", "survived", "date"], rows)}
`
}
