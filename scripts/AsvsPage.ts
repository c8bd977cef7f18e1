import { readdirSync, readFileSync } from "node:fs"
import { outOfScope, remarks, requirements } from "./AsvsScope.ts"

const suites = new URL("../test/http/asvs/", import.meta.url)

/** The names of tests, which begin with the requirement that they show. */
const names = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(suites).flatMap((file) =>
      Array.from(
        readFileSync(new URL(file, suites), "utf8").matchAll(
          /it\.effect\(\s*"(\d+\.\d+\.\d+) ([^"]+)"/g
        ),
        ([, id = "", shown = ""]): readonly [string, string] => [id, shown]
      )
    )
  )

const inOrder = (one: string, other: string): number =>
  one.localeCompare(other, "en", { numeric: true })

const levels = new Map(
  ([1, 2, 3] as const).flatMap((level) => requirements[level].map((id) => [id, level] as const))
)

/** What is wrong with the coverage: requirements without test and reason, tests without requirement. */
export const gaps = (): ReadonlyArray<string> => {
  const tested = names()
  const known = [...levels.keys()]
  return [
    ...known.filter((id) => !tested.has(id) && !(id in outOfScope)),
    ...known.filter((id) => tested.has(id) && id in outOfScope),
    ...[...tested.keys(), ...Object.keys(outOfScope), ...Object.keys(remarks)].filter(
      (id) => !levels.has(id)
    )
  ]
}

const row = (cells: ReadonlyArray<string | number>): string => `| ${cells.join(" | ")} |`

/** The whole of docs/asvs.md. */
export const asvsPage = (): string => {
  const tested = [...names()].sort(([one], [other]) => inOrder(one, other))
  const excluded = Object.entries(outOfScope).sort(([one], [other]) => inOrder(one, other))
  return [
    "# OWASP ASVS 5.0",
    "",
    "The requirements of V3.3 (cookies), V6 (authentication), V7 (sessions) and V16 (logs and errors) at",
    "levels 1 and 2, and some of level 3. Written by `npm run asvs` from the names of the tests in",
    "`test/http/asvs/`, which speak to a running service over HTTP; the",
    "[standard](https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en) has the requirements' own words.",
    "",
    `## Shown by a test: ${tested.length}`,
    "",
    row(["Requirement", "Level", "What the test shows", "Remark"]),
    row(["---", "---", "---", "---"]),
    ...tested.map(([id, shown]) => row([id, levels.get(id) ?? "", shown, remarks[id] ?? ""])),
    "",
    `## Not held by the service: ${excluded.length}`,
    "",
    row(["Requirement", "Level", "Why"]),
    row(["---", "---", "---"]),
    ...excluded.map(([id, why]) => row([id, levels.get(id) ?? "", why])),
    ""
  ].join("\n")
}

/** Without the spaces that align columns. */
export const unaligned = (page: string): string => page.replace(/ +/g, " ").replace(/-{3,}/g, "---")
