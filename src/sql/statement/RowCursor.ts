import type * as pg from "pg"
import Cursor from "pg-cursor"
import { copyRefused } from "../session/copyRefused.ts"
import { UnreadableAnswer } from "../session/UnreadableAnswer.ts"

/** The driver's own, with the message of it that its types leave out. */
interface ReceivingCursor extends Cursor<object> {
  handleDataRow(message: unknown): void
}

const DriverCursor = Cursor as unknown as new (
  ...parameters: ConstructorParameters<typeof Cursor>
) => ReceivingCursor

/** A cursor that survives what would end the process in the driver's own: it throws into the socket. */
export class RowCursor extends DriverCursor {
  /** Why a row could not be read. Those behind it are passed over, so that the session stays in order. */
  unreadable: UnreadableAnswer | undefined

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
