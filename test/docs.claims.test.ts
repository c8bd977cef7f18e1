import { readdirSync } from "node:fs"
import { OpenApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { manuals } from "../src/cli/manuals.ts"
import { Api } from "../src/http/Api.ts"
import { defaults } from "../src/pool/PoolConfig.ts"
import { variables } from "../src/Settings.ts"
import { defaultInitializeTimeout, type PgClientConfig } from "../src/sql/PgClientConfig.ts"
import { defaultPreparedStatements } from "../src/sql/session/SessionSettings.ts"
import { silenceThresholdOf } from "../src/sql/silence/WatchedConnector.ts"
import { type MarkdownPage, markdownPage, read } from "./support/MarkdownPage.ts"

const root = new URL("../", import.meta.url)
const pages = readdirSync(new URL("docs", root)).filter((name) => name.endsWith(".md"))
const each = ["README.md", "CONTRIBUTING.md", ...pages.map((name) => `docs/${name}`)].map(
  (path) => [path, markdownPage(path)] as const
)

/** What is said to be typed: in blocks of `sh`, and in backticks. */
const commandsIn = ({ blocks, prose }: MarkdownPage): ReadonlyArray<string> => [
  ...blocks.flatMap(({ code, language }) => (language === "sh" ? code.split("\n") : [])),
  ...[...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll(/\s+/g, " "))
]

/** The scripts that package.json must have, or npm has by itself. */
const scriptsIn = (command: string): ReadonlyArray<string> =>
  [...command.matchAll(/\bnpm (?:run )?([\w:-]+)/g)]
    .map(([, script = ""]) => script)
    .filter((script) => !["ci", "install", "pack"].includes(script))

/** Whether the command line has it, with these options. */
const isKnown = (typed: string): boolean => {
  const [words = "", ...options] = typed.split(/ (?=--)/)
  const manual = manuals.find(({ name }) => name === words.trim())
  const flags = new Set(manual?.options.map(([flag]) => flag.split(" ")[0]))
  return manual !== undefined && options.every((option) => flags.has(option.split(" ")[0] ?? ""))
}

/** Written like a variable, and an error of Node.js. */
const foreign = ["SELF_SIGNED_CERT_IN_CHAIN"]

const variableNames = new Set([
  ...Object.values(variables).flatMap((group) =>
    Object.values(group).map(({ about }) => about.name)
  ),
  ...foreign
])

const endpoints = new Set(
  Object.entries(OpenApi.fromApi(Api).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  )
)

describe("what the documents claim", () => {
  it.each(each)("%s names commands that there are", (path, page) => {
    const { scripts } = JSON.parse(read("package.json")) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    for (const command of commandsIn(page)) {
      for (const script of scriptsIn(command)) assert.property(scripts, script, path)
      const [, typed] = /(?:^|npx )holdfast ([a-z][^#]*)$/.exec(command.trim()) ?? []
      if (typed !== undefined) assert.isTrue(isKnown(typed), `${path}: holdfast ${typed}`)
    }
  })

  it.each(each)("%s names variables that there are", (path, page) => {
    const code = commandsIn(page).join("\n")
    for (const [, name = ""] of code.matchAll(/(?<![\w-])([A-Z]+(?:_[A-Z]+)+)\b/g)) {
      assert.isTrue(variableNames.has(name), `${path} names ${name}`)
    }
  })

  it.each(each)("%s names endpoints that there are", (path, page) => {
    const text = commandsIn(page).join("\n")
    for (const [, method, at = ""] of text.matchAll(/^(GET|POST|DELETE) (\/[\w/:-]+)/gm)) {
      const endpoint = `${method} ${at.replace(/:(\w+)/g, "{$1}")}`
      assert.isTrue(endpoints.has(endpoint), `${path} names ${endpoint}`)
    }
  })

  it("each fault has a test or a proof that shows it", () => {
    for (const row of markdownPage("docs/what-happens-when.md").rows) {
      assert.match(row.at(-1) ?? "", /\]\(\.\.\/(?:test|proofs)\//, row[0])
    }
  })

  it("each figure stands on the page that is named with it", () => {
    let compared = 0
    for (const [what, figures = "", , page] of markdownPage("docs/numbers.md").rows) {
      const [, path] = /^\[[^\]]+\]\(([^)]+)\)$/.exec(page ?? "") ?? []
      if (path === undefined) continue
      const there = read(new URL(path, "file:///docs/").pathname.slice(1)).replaceAll(",", "")
      for (const [figure] of figures.replaceAll(/(?<=\d),(?=\d)/g, "").matchAll(/\d[\d.]*/g)) {
        const bare = figure.replace(/\.$/, "")
        assert.match(there, new RegExp(`(?<![\\d.])${bare}(?![\\d]|\\.\\d)`), `${what}: ${figure}`)
        compared += 1
      }
    }
    assert.isAbove(compared, 50)
  })

  it("the comparison with other clients is the one that was measured", () => {
    const measured = new Map(
      markdownPage("docs/faults.md")
        .rows.slice(0, 7)
        .map(([client, ...cells]) => [client, cells])
    )
    const shown = markdownPage("docs/numbers.md").rows.filter(([client]) => measured.has(client))
    assert.lengthOf(shown, 7)
    for (const [client, operations, failed, committed, doubled, slowest, deaths] of shown) {
      const [all, failures, failedCommitted, , twice, , , longest, died] =
        measured.get(client) ?? []
      assert.deepStrictEqual(
        [operations, failed, committed, doubled, slowest, deaths],
        [all, failures, failedCommitted, twice, longest, died],
        client
      )
    }
  })
})

/** The default of each option where it is a value of the code; undefined: told in words. */
const optionDefaults: Readonly<Record<keyof PgClientConfig, string | undefined>> = {
  url: undefined,
  host: undefined,
  port: undefined,
  path: undefined,
  database: undefined,
  username: undefined,
  password: undefined,
  ssl: undefined,
  stream: undefined,
  driver: undefined,
  minConnections: String(defaults.min),
  maxConnections: String(defaults.max),
  connectTimeout: Duration.format(defaults.connectTimeout),
  acquireTimeout: Duration.format(defaults.acquireTimeout),
  maxWaiting: String(defaults.maxWaiting),
  maxRetries: String(defaults.maxRetries),
  retryDelay: Duration.format(defaults.retryDelay),
  validateAfterIdle: Duration.format(defaults.validateAfterIdle),
  validateTimeout: Duration.format(defaults.validateTimeout),
  idleTimeout: Duration.format(defaults.idleTimeout),
  connectionTTL: Duration.format(defaults.maxLifetime),
  keepalive: Duration.isFinite(defaults.keepalive) ? "" : undefined,
  leakThreshold: Duration.format(defaults.leakThreshold),
  lazy: String(defaults.lazy),
  initialize: undefined,
  initializeTimeout: Duration.format(defaultInitializeTimeout),
  statementTimeout: undefined,
  transactionTimeout: undefined,
  preparedStatements: String(defaultPreparedStatements),
  pipelines: "true",
  resolveCommits: "true",
  silenceThreshold: Duration.format(silenceThresholdOf({})),
  poolMode: undefined,
  listenHeartbeat: undefined,
  poolName: undefined,
  applicationName: "holdfast",
  spanAttributes: undefined,
  transformResultNames: undefined,
  transformQueryNames: undefined,
  transformJson: "true",
  types: undefined
}

it("docs/drop-in.md has every option of the client, with its default", () => {
  const rows = markdownPage("docs/drop-in.md").rows.filter(
    (row) => row.length === 3 && /^`\w+`$/.test(row[0] ?? "")
  )
  const shown = new Map(rows.map(([name = "", fallback]) => [name.slice(1, -1), fallback]))
  assert.sameMembers([...shown.keys()], Object.keys(optionDefaults))
  for (const [name, fallback] of Object.entries(optionDefaults)) {
    if (fallback !== undefined) assert.strictEqual(shown.get(name), `\`${fallback}\``, name)
  }
})
