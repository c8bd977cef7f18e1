import type * as pg from "pg"
import type { TransactionId } from "../session/TransactionId.ts"
import type { Place } from "../session/Wire.ts"

type Stream = pg.Connection["stream"]

const nothing = (): void => undefined

/** Whether a session owes an answer, and whether anything has come or gone lately. */
export class Pulse {
  /** Where the statement stands that was sent last. */
  place: Place | undefined
  /** Told each time that something is sent. */
  onSent: () => void = nothing
  /** Of the transaction that is open, or being ended. */
  id: TransactionId | undefined
  /** How many bytes the statement was, where that is known. */
  bytes = 0
  private owed = 0
  private sendings = 0
  private chunks = 0
  private stream: Stream | undefined

  /** The session's stream, once it is the one that carries statements: TLS puts another one on top. */
  listenTo(stream: Stream): void {
    this.stream = stream
    // A WebSocket in place of a socket does not count its bytes.
    if (!("bytesRead" in stream)) stream.on("data", this.count)
  }

  /** The stream goes back to whom it belongs. */
  forget(): void {
    this.stream?.off("data", this.count)
  }

  private readonly count = (): void => {
    this.chunks += 1
  }

  /** Something is being sent, to which an answer is owed. */
  sent(place: Place): void {
    this.place = place
    this.bytes = 0
    if (place.phase !== "commit" && place.phase !== "rollback") this.id = place.transaction?.id
    this.owed += 1
    this.sendings += 1
    this.onSent()
  }

  /** The answer is there, or never will be. */
  answered(): void {
    this.owed -= 1
  }

  /** The server owes an answer. A stream that nobody reads from owes none. */
  get isOwed(): boolean {
    return this.owed > 0
  }

  /** Grows with whatever is sent and with every byte that arrives. */
  get beat(): number {
    const { stream } = this
    const isCounted = stream !== undefined && "bytesRead" in stream
    return this.sendings + (isCounted ? Number(stream.bytesRead) : this.chunks)
  }
}
