import type * as pg from "pg"
import type { Exchange } from "./Exchange.ts"

/**
 * The exchanges under way on one session, in the order in which they were sent.
 *
 * The driver knows of the first only, and by it understands what arrives. The others are on the wire
 * already: each is told to the driver when the one before it has been answered. So it needs no pipeline
 * mode, which takes none but the driver's own statements.
 */
export class Exchanges {
  private readonly client: pg.Client
  private first: Exchange | undefined
  private ahead: Array<Exchange> = []
  private isCorked = false

  constructor(client: pg.Client) {
    this.client = client
  }

  /** Sends one at once, behind what is under way. */
  send(exchange: Exchange): void {
    if (this.first === undefined) {
      this.first = exchange
      this.client.query(exchange)
    } else {
      this.sendAhead(exchange)
    }
  }

  /** One has been answered to its end, or was not sent: what comes is the next one's. */
  over(exchange: Exchange): void {
    if (exchange !== this.first) return
    this.first = this.ahead.shift()
    if (this.first !== undefined) this.client.query(this.first)
  }

  /**
   * The session has ended under one: none behind it is answered. What the server said of that one is not
   * theirs: it may have gone on with them.
   */
  lost(exchange: Exchange): void {
    if (exchange !== this.first) return
    const unanswered = this.ahead
    this.first = undefined
    this.ahead = []
    for (const other of unanswered) {
      other.handleError(new Error("Connection terminated with the statement that was sent before"))
    }
  }

  private sendAhead(exchange: Exchange): void {
    this.cork()
    const failure = exchange.submit(this.client.connection)
    if (failure === null) this.ahead.push(exchange)
    else process.nextTick(() => exchange.handleError(failure))
  }

  /** What many fibers send in one go is one packet, and one call of the system; a WebSocket can't. */
  private cork(): void {
    const { stream } = this.client.connection
    if (this.isCorked || typeof stream.cork !== "function") return
    this.isCorked = true
    stream.cork()
    process.nextTick(() => {
      this.isCorked = false
      stream.uncork()
    })
  }
}
