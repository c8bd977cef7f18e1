import { type Goal, goal, ratioGoal } from "./Goal.ts"
import { type HttpRun, p99, perSecond, startTimes } from "./HttpRun.ts"
import { betterAuth, byHand, holdfast } from "./Service.ts"
import { bare, embedded } from "./Starts.ts"

const lookUpGoals = ({ lookUps }: HttpRun): ReadonlyArray<Goal> => [
  ratioGoal(
    "look-ups a second, of the floor's: at least 0.5 x",
    perSecond(lookUps, holdfast.name),
    perSecond(lookUps, byHand.name),
    { least: 0.5 }
  ),
  ratioGoal(
    "p99 of look-ups, of the floor's: at most 3 x",
    p99(lookUps, holdfast.name),
    p99(lookUps, byHand.name),
    { most: 3 }
  )
]

const peerGoals = ({ lookUps }: HttpRun): ReadonlyArray<Goal> =>
  lookUps.has(betterAuth.name)
    ? [
        ratioGoal(
          "look-ups a second, of better-auth's: at least 6 x",
          perSecond(lookUps, holdfast.name),
          perSecond(lookUps, betterAuth.name),
          { least: 6 }
        )
      ]
    : []

const startGoals = (run: HttpRun): ReadonlyArray<Goal> => [
  ratioGoal(
    "start, of a bare platform server's: less than 1.5 x",
    startTimes(run, holdfast.name),
    startTimes(run, bare),
    { most: 1.5 }
  ),
  goal(
    "`npm start` with an embedded Postgres: under 3 s",
    startTimes(run, embedded).map((millis) => millis / 1000),
    "s",
    { most: 3 }
  )
]

/** What the project wants of its service, and what came of it. */
export const goalsOf = (run: HttpRun): ReadonlyArray<Goal> => [
  ...lookUpGoals(run),
  ...peerGoals(run),
  ratioGoal(
    "sign-ups a second, of the floor's: at least 0.97 x",
    perSecond(run.signUps, holdfast.name),
    perSecond(run.signUps, byHand.name),
    { least: 0.97 }
  ),
  ...startGoals(run)
]
