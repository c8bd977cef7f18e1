import type { Broken } from "./Violation.ts"
import { openSessions, precision, rounding, type Session, type World } from "./World.ts"

/** Whether the pool's events are listened to: where they are not, nobody can tell what it told. */
export const isHeard = ({ knobs }: Pick<World, "knobs">): boolean => knobs.leakThreshold <= 1_000

const isLeaking = ({ knobs, now }: World, { isToldOf, lentAt }: Session): boolean =>
  !isToldOf && now - lentAt >= knobs.leakThreshold - rounding

/** Whoever holds a connection for too long is told of. */
export const leaksAreToldOf = (world: World): Broken => {
  const { knobs, now, thawedAt } = world
  if (!isHeard(world)) return undefined
  const hidden = openSessions(world).find((session) => {
    const dueAt = Math.max(session.lentAt + knobs.leakThreshold, thawedAt) + precision
    return session.holder !== undefined && isLeaking(world, session) && now > dueAt
  })
  return (
    hidden && `session ${hidden.id} is held for ${now - hidden.lentAt} ms, and nobody is told of it`
  )
}

/** The session that the pool means when it tells of one that is held for so long. */
export const leaking = (world: World, heldFor: number): Session | undefined => {
  // A pool that ends closes it in its borrower's hands.
  const lent = [...world.callers].flatMap(({ session }) => session ?? [])
  const meant = [...lent, ...world.sessions.values()].filter(
    (session) =>
      Math.abs(world.now - session.lentAt - heldFor) <= rounding && isLeaking(world, session)
  )
  // It may be given back in the same burst.
  return (
    meant.find(({ holder }) => holder !== undefined) ??
    meant.find(({ usedUntil }) => usedUntil === world.now)
  )
}

/** Nobody is told of a connection that is not held for too long, or twice of the same. */
export const onlyLeaksAreToldOf = (world: World, heldFor: number): Broken =>
  leaking(world, heldFor) === undefined
    ? `a connection is said to be held for ${heldFor} ms, which is not so, or was said before`
    : undefined

/** Callers who were given up are told of at most once a second, however many they are. */
export const theGivenUpAreToldOnceASecond = ({ now }: World, lastToldAt: number): Broken =>
  now - lastToldAt < 1_000 - precision
    ? `callers that were given up are told of ${now - lastToldAt} ms after others`
    : undefined
