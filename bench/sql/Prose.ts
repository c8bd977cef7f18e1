/** What the columns mean. */
export const howToRead = `- **a second**: operations of all callers together, the median of the rounds. **µs**: one second divided by
  it, so with many callers not how long one of them waits.
- **CPU µs**: processor time of the callers' process, all its threads, for one operation. The server's is
  not in it.
- **holdfast is**: how many times as many operations a second as the contestant of that row did, round by
  round: the median, and in brackets the least and the most of all rounds. The contestants take turns
  within a round, so what disturbs one disturbs all.
- **met**: the median of holdfast with its defaults reaches the goal; **by both**: within \`PgClient.replay\`, too.
- **heap**: bytes of live objects, and of the buffers that they hold. **resident**: what the system counts,
  in whole pages: it says little of small things, and may be less than before.
- **fiber alone**: a fiber of Effect that waits for nothing, to know what of a waiter is holdfast's.`

/** What the numbers do not say by themselves. */
export const unfairness = `- **To \`pg.Pool\`**: it prepares a statement once if it is given a name, which its documentation mentions
  and few do. What that alone gives is the row of "pg.Pool, named". \`@effect/sql-pg\` names none.
- **To clients of promises**: nothing. They are awaited in a loop of their own, without Effect.
- **To holdfast**: it asks what became of a lost COMMIT, tells outcomes, counts metrics and checks
  connections; the others do not. All of it is on, and "replayed" is measured beside the defaults.
- **To all**: the server and the callers share the processors and the loopback. Over a network a caller
  waits for round trips, and what a client costs is seen only by its processor time.
- **To those who are not here**: clients of other languages, and drivers that are not in JavaScript.
- The server does not sync to disk, so that a COMMIT is as quick as it can be: a real one hides what a
  client costs.`
