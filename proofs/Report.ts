import { Duration } from "effect"
import { cutName, directions, endings, forms, seriesName } from "./Cut.ts"
import type { Entry } from "./CutSignUp.ts"
import type { Ledger } from "./Ledger.ts"
import { type Exchange, strides } from "./Plan.ts"
import { table } from "./Table.ts"
import { fiveZeros, honest, isOffence, offences, type Verdict } from "./Verdict.ts"

type Entries = ReadonlyArray<Entry>

const count = (entries: Entries, holds: (entry: Entry) => boolean): number =>
  entries.filter(holds).length

/** What each judgement means, as a clause. */
const clauses: Readonly<Record<Verdict, string>> = {
  AcknowledgedButLost: "acknowledged but lost",
  Doubled: "doubled",
  HalfWritten: "half-written",
  FailedButCommitted: "failures reported for what committed",
  SurfacedThoughNotSent: "errors surfaced for what was not sent",
  SurfacedDespiteReplay: "rolled back, and surfaced in spite of `replay`",
  Defect: "a defect, an error without an outcome, or no answer within 30 s",
  Acknowledged: "acknowledged, and there",
  RolledBack: "reported as rolled back, and not there",
  Unknown: "reported as `Unknown`"
}

const judgements = ({ entries }: Ledger): string =>
  table(
    ["Judgement", ...forms, "all"],
    [...offences, ...honest].map((verdict) => {
      const found = entries.filter((entry) => entry.verdict === verdict)
      const byForm = forms.map((form) => count(found, ({ cut }) => cut.series.form === form))
      return [clauses[verdict], ...byForm, found.length]
    })
  )

const isUnknown = ({ reported }: Entry): boolean =>
  reported._tag === "Failure" && reported.outcome === "Unknown"

const isTransaction = ({ cut: { series } }: Entry): boolean =>
  series.form === "transaction" || series.form === "replayedTransaction"

/** Its first attempt succeeded, so that is what the server had answered. */
const wasCommitted = ({ attempts, reported }: Entry): boolean =>
  reported._tag === "Success" && attempts === 1

const lostAnswers = ({ entries }: Ledger): string => {
  const asked = entries.filter(({ hasAsked }) => hasAsked)
  const unknown = entries.filter(isUnknown)
  const left = (entry: Entry, ofTransaction: boolean, isThere: boolean) =>
    isTransaction(entry) === ofTransaction && entry.truth.users > 0 === isThere
  const unknownRow = (what: string, ofTransaction: boolean, isThere: boolean) => [
    `${what} left \`Unknown\`, ${isThere ? "committed" : "not committed"}`,
    count(unknown, (entry) => left(entry, ofTransaction, isThere))
  ]
  const rolledBack = (entry: Entry) => !wasCommitted(entry) && !isUnknown(entry)
  return table(
    ["Answer", "runs"],
    [
      ["COMMIT lost, and the server asked what became of it", asked.length],
      ["... committed: succeeded with its value", count(asked, wasCommitted)],
      ["... rolled back: reported so, or replayed", count(asked, rolledBack)],
      unknownRow("transactions", true, true),
      unknownRow("transactions", true, false),
      unknownRow("statements", false, true),
      unknownRow("statements", false, false)
    ]
  )
}

const kinds = directions.flatMap((direction) => endings.map((ending) => ({ direction, ending })))

const lengths = ({ opening, total }: Exchange) =>
  directions.map((direction) => `${opening[direction]} of ${total[direction]}`)

const cuts = ({ entries, exchanges }: Ledger): string =>
  table(
    ["Series", ...directions, ...kinds.map((kind) => `${kind.direction} ${kind.ending}`), "all"],
    exchanges.map((exchange) => {
      const name = seriesName(exchange.series)
      const own = entries.filter(({ cut, wasCut }) => wasCut && seriesName(cut.series) === name)
      const byKind = kinds.map(({ direction, ending }) =>
        count(own, ({ cut }) => cut.direction === direction && cut.ending === ending)
      )
      return [name, ...lengths(exchange), ...byKind, own.length]
    })
  )

const summary = ({ entries }: Ledger): string => {
  const zeros = fiveZeros.map(
    (offence) => `${count(entries, ({ verdict }) => verdict === offence)} ${clauses[offence]}`
  )
  return `${count(entries, ({ wasCut }) => wasCut)} cuts: **${zeros.join(", ")}**.`
}

const circumstances = ({ nodeVersion, postgresVersion, took }: Ledger): string => {
  const minutes = Duration.format(Duration.seconds(Math.round(Duration.toSeconds(took))))
  return `Kept by \`npm run ledger\` on Postgres ${postgresVersion} and Node.js ${nodeVersion} in ${minutes}.`
}

/** The ledger as a page. */
export const page = (ledger: Ledger): string => `# The byte-offset ledger

${summary(ledger)}

Somebody signs up, with a user, a session and an audit row, through a proxy that lets exactly so many
bytes pass in one direction and then ends the connection: with an RST (\`reset\`), with a FIN (\`close\`),
or without a word (\`blackhole\`). Later connections are not cut. Once the server has no session of that
client any more, the rows are counted over another connection, and compared to what the caller was told.

Nothing is random. In both directions there is one reset for every byte offset, one close for one
offset of ${strides.close}, and one black hole for one of ${strides.blackhole}. ${circumstances(ledger)}

## What was said, and what was there

\`transaction\`: three statements in \`sql.withTransaction\`. \`replayedTransaction\`: the same with
\`PgClient.replay\`. \`statement\`: one statement that must not run twice. \`replayedStatement\`: one that
may, with \`PgClient.replay({ idempotent: true })\`. The first five rows must be zero, and so must the
next two. Whether a lone \`statement\` with a lost answer took effect cannot be known: it says \`Unknown\`.

${judgements(ledger)}

## Lost answers

${lostAnswers(ledger)}

## Cuts

\`connecting\`: the bytes that open a connection. \`fresh\`: those of the first sign-up on it. \`preparing\`:
those of the second, which prepares the statements. \`warm\`: those of the third, which finds them
prepared. The lengths are of an undisturbed run, "11 of 536" when the opening of the connection takes 11
of its 536 bytes: where a cut falls into these, no failure may surface.

${cuts(ledger)}
`

/** Everything that broke a promise. */
export const offending = ({ entries }: Ledger): Entries =>
  entries.filter(({ verdict }) => isOffence(verdict))

/** One offence in a line, with the command that repeats it. */
export const offenceLine = ({ cut, reported, truth, verdict }: Entry): string => {
  const rows = `${truth.users} user, ${truth.sessions} session, ${truth.audits} audit rows`
  const said = reported._tag === "Success" ? "success" : reported.message
  return `${verdict}: npm run ledger -- --only ${cutName(cut)} (${rows}; said: ${said})`
}
