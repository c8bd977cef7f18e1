import { Duration } from "effect"
import { table } from "../Table.ts"
import type { Sleep } from "./Sleep.ts"

/** Everything that was seen. */
export interface SleepRun {
  readonly sleeps: ReadonlyArray<Sleep>
  readonly silence: Duration.Duration
  readonly postgresVersion: string
  readonly nodeVersion: string
}

const sum = (sleeps: ReadonlyArray<Sleep>, of: (sleep: Sleep) => number): number =>
  sleeps.reduce((all, sleep) => all + of(sleep), 0)

const row = (sleep: Sleep) => [
  sleep.rest.name,
  sleep.bytesToServer,
  sleep.bytesToClient,
  sleep.connectionsOpened,
  sleep.connectionsAtFirst,
  sleep.connectionsLeft,
  sleep.openedForIt
]

/** What the pools did as a page. */
export const page = ({ nodeVersion, postgresVersion, silence, sleeps }: SleepRun): string =>
  `# An idle pool

${sleeps.length} pools idle for ${Duration.format(silence)}: **${sum(sleeps, ({ bytesToServer }) => bytesToServer)} \
bytes sent, ${sum(sleeps, ({ connectionsOpened }) => connectionsOpened)} connections opened**.

A serverless database is suspended when nothing has been asked of it for some minutes, and is woken by
any byte. Each pool has a proxy of its own that counts. Where the server ends their connections, its
farewell is what comes to the client; nothing is opened in their place until somebody asks, and then what
that one needs. Saying goodbye at the idle timeout, after five minutes, is the one thing a pool does by itself.
Kept by \`npm run sleep-test\` on Postgres ${postgresVersion} and Node.js ${nodeVersion}.

${table(
  [
    "Pool",
    "bytes to the server",
    "bytes to the client",
    "connections opened",
    "connections at first",
    "left",
    "opened for the first statement"
  ],
  sleeps.map(row)
)}
`
