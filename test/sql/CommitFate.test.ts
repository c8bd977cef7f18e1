import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { type Fate, fateOf } from "../../src/sql/transaction/CommitFate.ts"
import { SimulatedCluster, type Transaction } from "./SimulatedCluster.ts"

type Step = (cluster: SimulatedCluster) => void

const work: ReadonlyArray<Step> = [
  (cluster) => cluster.begin(),
  (cluster) => cluster.end("commit"),
  (cluster) => cluster.end("commit without waiting"),
  (cluster) => cluster.end("abort")
]

const trouble: ReadonlyArray<Step> = [
  (cluster) => cluster.flush(),
  (cluster) => cluster.makeCheckpoint(),
  (cluster) => cluster.crash(false),
  (cluster) => cluster.crash(true),
  (cluster) => cluster.restart(),
  (cluster) => cluster.failOver(),
  (cluster) => cluster.resetStatistics()
]

const clusterAfter = (steps: ReadonlyArray<Step>): SimulatedCluster => {
  const cluster = new SimulatedCluster()
  for (const step of steps) step(cluster)
  return cluster
}

const fate = (cluster: SimulatedCluster, { doubt, xid }: Transaction): Fate =>
  fateOf(doubt, cluster.facts, cluster.status(xid))

const isTrue: Readonly<Record<Fate, (state: Transaction["state"]) => boolean>> = {
  Committed: (state) => state === "committed",
  RolledBack: (state) => state === "aborted" || state === "never happened",
  Waiting: () => true,
  Unknown: () => true
}

const histories = fc.array(fc.constantFrom(...work, ...work, ...trouble), {
  minLength: 3,
  maxLength: 40
})

describe("what is said of a lost COMMIT", () => {
  it.prop(
    "is never wrong, whatever has happened to the server since",
    [histories],
    ([steps]) => {
      const cluster = clusterAfter(steps)
      for (const transaction of cluster.transactions) {
        const said = fate(cluster, transaction)
        assert.isTrue(
          isTrue[said](transaction.state),
          `said ${said} of transaction ${transaction.xid}, which is ${transaction.state}`
        )
      }
    },
    { fastCheck: { numRuns: 5_000 } }
  )

  it.prop(
    "is certain while the server runs, and after an orderly restart",
    [fc.array(fc.constantFrom(...work)), fc.boolean()],
    ([steps, hasRestarted]) => {
      const cluster = clusterAfter(steps)
      if (hasRestarted) cluster.restart()
      for (const transaction of cluster.transactions) {
        const expected = {
          committed: "Committed",
          aborted: "RolledBack",
          "never happened": "RolledBack",
          "in progress": "Waiting"
        }[transaction.state]
        assert.strictEqual(fate(cluster, transaction), expected)
      }
    },
    { fastCheck: { numRuns: 500 } }
  )

  it.prop(
    "is certain after a crash of everything that was not committed",
    [fc.array(fc.constantFrom(...work)), fc.boolean()],
    ([steps, isOfTheWholeServer]) => {
      const cluster = clusterAfter(steps)
      cluster.crash(isOfTheWholeServer)
      for (const transaction of cluster.transactions) {
        const expected = transaction.state === "committed" ? "Unknown" : "RolledBack"
        assert.strictEqual(fate(cluster, transaction), expected)
      }
    },
    { fastCheck: { numRuns: 500 } }
  )

  it("is certain of an id that a crash has lost, although another has it now", () => {
    const cluster = clusterAfter([
      (cluster) => cluster.begin(),
      (cluster) => cluster.resetStatistics(),
      (cluster) => cluster.resetStatistics(),
      (cluster) => cluster.resetStatistics(),
      (cluster) => cluster.crash(true),
      (cluster) => cluster.begin(),
      (cluster) => cluster.end("commit")
    ])
    const [lost, another] = cluster.transactions
    assert.isDefined(lost)
    assert.strictEqual(lost.xid, another?.xid)
    assert.strictEqual(cluster.status(lost.xid), "committed")
    assert.strictEqual(fate(cluster, lost), "RolledBack")
  })

  it("is open while only a standby answers, and unknown from another cluster", () => {
    const cluster = clusterAfter([(cluster) => cluster.begin(), (cluster) => cluster.end("commit")])
    const [transaction] = cluster.transactions
    assert.isDefined(transaction)
    const { doubt } = transaction
    assert.strictEqual(fateOf(doubt, { ...cluster.facts, isStandby: true }, "committed"), "Waiting")
    assert.strictEqual(
      fateOf(doubt, { ...cluster.facts, systemIdentifier: "43" }, "committed"),
      "Unknown"
    )
  })
})
