import type * as pg from "pg"
import Cursor from "pg-cursor"
import { serialize } from "pg-protocol"

/**
 * A cursor that survives what has no rows: the driver's own leaves out the messages of COPY, and the
 * first of them would end the process.
 */
export class RowCursor extends Cursor<object> {
  /** Without this the server would wait for ever. */
  handleCopyInResponse({ stream }: pg.Connection): void {
    stream.write(serialize.copyFail("COPY from the client is not supported here"))
  }

  handleCopyData(): void {}
}
