import { readdir, readlink, symlink, unlink } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Option, type Scope } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { onDisk } from "./onDisk.ts"
import { processTable } from "./ProcessTable.ts"

/**
 * The claim on a directory is the link `owner.<n>` with the highest n. It points at its owner,
 * `<pid> <start of that process>`, and is stale when that process is gone, or at `nobody`.
 *
 * Every change appends n + 1, and a link comes into being whole or not at all: of several that
 * found n stale, exactly one can append, whatever their timing. Removing a stale claim and making
 * a new one would be two steps, between which another's fresh claim can be removed.
 */
interface Claim {
  readonly number: number
  readonly owner: string
}

const nobody = "nobody"

const claiming = <A>(directory: string, work: () => Promise<A>) =>
  onDisk(`The directory ${directory} can't be claimed`, work)

const linkOf = (directory: string, number: number) => join(directory, `owner.${number}`)

const numbersIn = async (directory: string) =>
  (await readdir(directory)).flatMap((name) => {
    const number = /^owner\.(\d+)$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })

const highest = async (directory: string) => Math.max(0, ...(await numbersIn(directory)))

/** The latest claim. A link that vanishes between the two steps has been succeeded: `undefined`. */
const latest = async (directory: string): Promise<Claim | undefined> => {
  const number = await highest(directory)
  if (number === 0) return { number, owner: nobody }
  return readlink(linkOf(directory, number)).then(
    (owner) => ({ number, owner }),
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return undefined
      throw cause
    }
  )
}

/** Answers whether it was us who appended. */
const append = async (directory: string, claim: Claim) =>
  symlink(claim.owner, linkOf(directory, claim.number)).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") return false
      throw cause
    }
  )

const removeBelow = async (directory: string, number: number) => {
  for (const each of await numbersIn(directory)) {
    if (each < number) await unlink(linkOf(directory, each)).catch(() => undefined)
  }
}

/**
 * Appends, unless overtaken. One that slept long enough between reading n and appending n + 1 may
 * find its number free again, since lower claims are removed; then a higher one shows.
 */
const succeed = async (directory: string, claim: Claim): Promise<boolean> => {
  if (!(await append(directory, claim))) return false
  if ((await highest(directory)) === claim.number) {
    await removeBelow(directory, claim.number)
    return true
  }
  await unlink(linkOf(directory, claim.number))
  return false
}

const identify = (pid: number) =>
  Effect.map(
    processTable.find(pid),
    Option.map(({ startedAt }) => `${pid} ${startedAt}`)
  )

/** How an owner calls itself where it can't look at itself. */
const unseen = (pid: number) => `${pid} unknown`

/** Who can't be looked at, or could not look, counts as alive: two servers would ruin the data. */
const isAlive = ({ owner }: Claim) => {
  const pid = Number.parseInt(owner, 10)
  if (Number.isNaN(pid)) return Effect.succeed(false)
  return Effect.flatMap(identify(pid), (living) =>
    Option.isNone(living) || owner === unseen(pid)
      ? Effect.map(processTable.isGone(pid), (isGone) => !isGone)
      : Effect.succeed(living.value === owner)
  )
}

const inUse = (directory: string, { owner }: Claim) => {
  const pid = Number.parseInt(owner, 10)
  const who = pid === process.pid ? `this process itself (pid ${pid})` : `process ${pid}`
  return new EmbeddedPostgresError({
    reason: "DirectoryInUse",
    message: `The directory ${directory} is in use by ${who}, and two servers can't share their \
data. Stop that one first, or choose another directory.`
  })
}

const take = (directory: string, me: string): Effect.Effect<Claim, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const found = yield* claiming(directory, () => latest(directory))
    if (found === undefined) return yield* take(directory, me)
    if (yield* isAlive(found)) return yield* inUse(directory, found)
    const mine = { number: found.number + 1, owner: me }
    if (yield* claiming(directory, () => succeed(directory, mine))) return mine
    return yield* take(directory, me)
  })

const giveBack = (directory: string, { number }: Claim) =>
  claiming(directory, () => succeed(directory, { number: number + 1, owner: nobody })).pipe(
    Effect.ignoreLogged
  )

/**
 * Claims a directory for this process until the scope closes. A claim whose process has died is
 * taken over. Fails with `DirectoryInUse` if a living process holds it, this one included.
 */
export const claimDirectory = (
  directory: string
): Effect.Effect<void, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const me = Option.getOrElse(yield* identify(process.pid), () => unseen(process.pid))
    yield* Effect.acquireRelease(take(directory, me), (claim) => giveBack(directory, claim))
  })
