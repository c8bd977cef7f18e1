import type * as pg from "pg"
import Cursor from "pg-cursor"
import { copyRefused } from "../session/copyRefused.ts"
import { UnreadableAnswer } from "../session/UnreadableAnswer.ts"

/** The driver's own, with what of it its types leave out. */
interface ReceivingCursor extends Cursor<object> {
  state: string
  /** Absent until it is sent. */
  connection: pg.Connection | null
  _shiftQueue(): void
  handleRowDescription(message: unknown): void
  handleDataRow(message: unknown): void
  handleError(cause: unknown): void
}

const DriverCursor = Cursor as unknown as new (
  ...parameters: ConstructorParameters<typeof Cursor>
) => ReceivingCursor

/** A cursor that survives what would end the process in the driver's own: it throws into the socket. */
export class RowCursor extends DriverCursor {
  /** Why a row could not be read. Those behind it are passed over, so that the session stays in order. */
  unreadable: UnreadableAnswer | undefined

  /**
   * Told of an error that comes when the cursor is closed already: what it has done is committed with
   * that, and the server may refuse it. The driver's own forgets such an error, and who reads.
   */
  onLateError: (cause: unknown) => void = () => undefined

  /** It has failed, and the session is in order again since: closing it would wait for that once more. */
  isOver = false

  private readonly over = () => {
    this.isOver = true
  }

  override handleRowDescription(message: unknown): void {
    try {
      super.handleRowDescription(message)
    } catch (cause) {
      this.unreadable = new UnreadableAnswer(cause)
      // What the driver's own would have done next: it reads.
      this.state = "idle"
      this._shiftQueue()
    }
  }

  override handleError(cause: unknown): void {
    const isLate = this.state === "done"
    super.handleError(cause)
    if (isLate) this.onLateError(cause)
    else this.connection?.once("readyForQuery", this.over)
  }

  override handleDataRow(message: unknown): void {
    if (this.unreadable !== undefined) return
    try {
      super.handleDataRow(message)
    } catch (cause) {
      this.unreadable = new UnreadableAnswer(cause)
    }
  }

  handleCopyInResponse({ stream }: pg.Connection): void {
    stream.write(copyRefused)
  }

  handleCopyData(): void {}
}
