import { Console, Effect } from "effect"
import { runProof } from "../proofs/Proof.ts"
import { contestants } from "./faults/Contestant.ts"
import { faults } from "./faults/Fault.ts"
import { runContestant } from "./faults/Run.ts"
import { scheduleOf } from "./faults/Schedule.ts"
import { judge } from "./faults/Judgement.ts"
const only = process.argv.slice(2)
runProof(Effect.gen(function* () {
  for (const c of contestants.filter(c => only.length === 0 || only.includes(c.name))) {
    const run = yield* runContestant(c, scheduleOf(faults))
    const counts: Record<string, number> = {}
    for (const op of run.operations) { const j = judge(op, run.truth); counts[j] = (counts[j] ?? 0) + 1 }
    yield* Console.log(c.name, counts, run.opened, run.deaths)
    for (const s of run.struck) {
      const ops = run.operations.filter(o => o.ended >= s.from && o.began < s.until + 1000)
      const failed = ops.filter(o => o.told._tag !== "Done")
      const first = Math.min(...ops.filter(o => o.told._tag === "Done" && o.began >= s.from).map(o => o.ended - s.from))
      const msgs: Record<string, number> = {}
      for (const f of failed) { const m = f.request._tag + " " + (f.told._tag === "Failed" ? f.told.message : f.told._tag); msgs[m] = (msgs[m] ?? 0) + 1 }
      yield* Console.log(s.fault.name, s.until - s.from, "ops", ops.length, "failed", failed.length, "first", first, "slowest", Math.max(...ops.map(o => o.ended - o.began)), msgs)
    }
  }
}))
