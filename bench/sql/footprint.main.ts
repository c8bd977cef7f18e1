/** What one contestant costs a process of its own, as one line of JSON. */
import { Reactivity } from "@effect/experimental"
import { Console, Effect, Redacted } from "effect"
import { runProof } from "../../proofs/Proof.ts"
import { reason } from "../reason.ts"
import { contestantNamed } from "./Contestant.ts"
import { footprint } from "./Footprint.ts"

const [name = ""] = process.argv.slice(2)
const url = Redacted.make(process.env.DATABASE_URL ?? "")

runProof(
  footprint(contestantNamed(name).open, url).pipe(
    Effect.flatMap((found) => Console.log(JSON.stringify(found))),
    Effect.provide(Reactivity.layer),
    Effect.mapError(reason)
  )
)
