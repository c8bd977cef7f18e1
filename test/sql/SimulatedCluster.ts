import type { ServerFacts } from "../../src/sql/session/ServerFacts.ts"
import type { Doubt, TransactionStatus } from "../../src/sql/transaction/CommitFate.ts"

/** What has become of a transaction, as only the simulation knows. */
export interface Transaction {
  readonly xid: bigint
  readonly doubt: Doubt
  state: "in progress" | "committed" | "aborted" | "never happened"
  /** Its COMMIT would survive a crash. */
  isDurable: boolean
}

const systemIdentifier = "42"

/**
 * The part of a Postgres server that gives out transaction ids and forgets them: the clog, the log
 * with what of it is on disk, checkpoints, crashes, orderly restarts, a standby that takes over.
 */
export class SimulatedCluster {
  readonly transactions: Array<Transaction> = []
  /** In seconds. Every step takes some time, so that no two fall into one instant. */
  private now = 1_000
  private nextXid = 700n
  /** The first id that would not be known after a crash. */
  private durableXid = 700n
  private startedAt = 1_000
  private statisticsSince = 900
  private timeline = 1
  private checkpoint = { nextXid: 700n, at: 1_000, timeline: 1 }

  /** Who has an id now, as the server believes. */
  private readonly clog = new Map<bigint, Transaction>()

  private pass(): void {
    this.now += 0.3
  }

  begin(): void {
    this.pass()
    const xid = this.nextXid++
    const transaction: Transaction = {
      xid,
      state: "in progress",
      isDurable: false,
      doubt: {
        id: { xid: String(xid), assignedAt: this.now, incarnation: this.incarnation },
        server: { systemIdentifier, timeline: String(this.timeline) }
      }
    }
    this.transactions.push(transaction)
    this.clog.set(xid, transaction)
  }

  /** Ends the oldest open transaction. A COMMIT that is not waited for may be lost in a crash. */
  end(how: "commit" | "commit without waiting" | "abort"): void {
    this.pass()
    const open = this.transactions.find(({ state }) => state === "in progress")
    if (open === undefined) return
    open.state = how === "abort" ? "aborted" : "committed"
    if (how === "commit") this.flush()
  }

  flush(): void {
    this.durableXid = this.nextXid
    for (const transaction of this.clog.values()) {
      transaction.isDurable ||= transaction.state === "committed"
    }
  }

  makeCheckpoint(): void {
    this.pass()
    this.flush()
    this.recordCheckpoint()
  }

  crash(isOfTheWholeServer: boolean): void {
    this.pass()
    this.loseWhatIsNotDurable()
    if (isOfTheWholeServer) this.startedAt = this.now
    this.pass()
    this.statisticsSince = this.now
    this.pass()
    this.recordCheckpoint()
  }

  restart(): void {
    this.pass()
    for (const transaction of this.clog.values()) {
      if (transaction.state === "in progress") transaction.state = "aborted"
    }
    this.flush()
    this.recordCheckpoint()
    this.pass()
    this.startedAt = this.now
  }

  /** A standby that has got all that is durable, and at first no checkpoint of its own. */
  failOver(): void {
    this.pass()
    this.loseWhatIsNotDurable()
    this.startedAt = this.now - 100
    this.statisticsSince = this.now - 99
    this.timeline += 1
  }

  resetStatistics(): void {
    this.pass()
    this.statisticsSince = this.now
  }

  status(xid: bigint): TransactionStatus {
    if (xid >= this.nextXid) return "future"
    const transaction = this.clog.get(xid)
    return transaction === undefined || transaction.state === "never happened"
      ? "aborted"
      : transaction.state
  }

  get facts(): ServerFacts {
    return {
      systemIdentifier,
      timeline: String(this.checkpoint.timeline),
      walTimeline: String(this.timeline),
      isStandby: false,
      incarnation: this.incarnation,
      checkpointAt: Math.floor(this.checkpoint.at),
      nextXid: this.checkpoint.nextXid
    }
  }

  private get incarnation() {
    return {
      startedAt: this.startedAt.toFixed(6),
      statisticsSince: this.statisticsSince.toFixed(6)
    }
  }

  private recordCheckpoint(): void {
    this.checkpoint = { nextXid: this.nextXid, at: this.now, timeline: this.timeline }
  }

  /** What had not reached the disk has never happened; its ids are given again. */
  private loseWhatIsNotDurable(): void {
    for (const [xid, transaction] of this.clog) {
      const survives = transaction.state === "aborted" || transaction.isDurable
      if (!survives) transaction.state = "never happened"
      if (xid >= this.durableXid) this.clog.delete(xid)
    }
    this.nextXid = this.durableXid
  }
}
