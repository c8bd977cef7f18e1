import { Duration } from "effect"
import { patience, pause } from "./Callers.ts"

/** What the columns mean. */
export const howToRead = `- **failed**: the caller got an error, or no answer, because the process died or ${Duration.format(patience)} had passed.
- **failed, but committed**: of these, sign-ups whose rows are all there.
- **acknowledged, but lost**: the caller was told that it is done, and nothing is there.
- **doubled**: rows are there more than once. **half-written**: one of the two rows is there.
- **wrongly read**: an account that was acknowledged was not found, or another one was.
- **slowest**: the longest that a caller waited.
- **deaths**: an error that nobody could catch ended the process. It was started again at once; \
**away** is how long it could not be asked.
- **connections opened**: those that reached the proxy; refused ones do not.`

/** What the numbers do not say by themselves. */
export const unfairness = `- **To all but holdfast**: its authors chose the faults and the workload. The others never promised
  to hide these faults: they report them, and leave to the application what to do about them. The
  retried ones show what a loop around them does; and what it can't know, it does twice.
- **To those that fail fast**: a caller that got an error asks again ${Duration.format(pause)} later, as no application
  would. During an outage the count of failures says how fast errors come, not how many people met one.
- **To the retried**: with a unique constraint on the account, what is doubled here would instead be a
  failure ("duplicate key") of something that had committed.
- **To holdfast and everybody else alike**: the process waits for processors that it shares with the
  server, the network and the callers. Times below some tens of milliseconds say little.
- **For those that die**: the next process is there in about a second, sooner than any orchestrator's.
  While there is none the callers wait, and what they could not ask is not counted as failed. A fault
  that strikes meanwhile is not met, and a process that has just begun has fewer connections to lose.
- **For those that don't notice a black hole**: it ends after seven seconds with a reset. A real one ends
  when the kernel gives up, after a quarter of an hour on Linux.
- **For \`pg.Pool\`**: its connection timeout of 2 s, that of its documentation's example, is longer than
  the cold start here. A server that takes longer to wake would fail every call.
- The contestants ran one after the other, once. Counts vary by some from run to run; who fails at what
  does not.
- Connection pools of other languages, such as HikariCP, pgxpool or psycopg_pool, are not in it.`
