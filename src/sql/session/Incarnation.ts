/** One run of the server, from a start or a recovery to the next: both times in seconds. */
export interface Incarnation {
  readonly startedAt: string
  readonly statisticsSince: string
}

export const isSameIncarnation = (one: Incarnation, other: Incarnation): boolean =>
  one.startedAt === other.startedAt && one.statisticsSince === other.statisticsSince
