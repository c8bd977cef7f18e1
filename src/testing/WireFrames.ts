import { type Direction, type WireMessage, wireMessage } from "./WireMessage.ts"

/** Bytes to pass on. `message` is there when they are exactly one whole message. */
export interface WirePiece {
  readonly bytes: Buffer
  readonly message?: WireMessage
}

/** What the two directions of one connection have to know of each other. */
export interface WireDialogue {
  /** The client still sends opening packets, which have no letter. */
  opening: boolean
  /** The client asked for encryption; the server's next byte is a bare `S`, `G` or `N`. */
  encryptionAsked: boolean
  /** Encrypted, or not this protocol at all: bytes pass, messages are no longer seen. */
  opaque: boolean
}

/** The dialogue of a connection on which nothing was said yet. */
export const newDialogue = (): WireDialogue => ({
  opening: true,
  encryptionAsked: false,
  opaque: false
})

// Codes and the size limit of opening packets: postgres src/include/libpq/pqcomm.h
const openingNames: Readonly<Record<number, string>> = {
  80877102: "CancelRequest",
  80877103: "SSLRequest",
  80877104: "GSSENCRequest"
}
const openingMaxBytes = 10_000

type FrameKind = "opening" | "encryptionAnswer" | "lettered"
const headerBytes: Readonly<Record<FrameKind, number>> = {
  opening: 8,
  encryptionAnswer: 1,
  lettered: 5
}

interface Frame {
  readonly kind: FrameKind
  header: Buffer
  /** Bytes still to come: of the header, then of the body. */
  missing: number
  type: string | undefined
  /** Everything so far, when the frame is passed on only once it is whole. */
  held: Array<Buffer> | undefined
}

/**
 * Splits one direction of a connection into protocol messages, however TCP cut it into segments.
 *
 * Never more than the current message is kept, and only while somebody wants messages whole.
 */
export class WireFrames {
  private frame: Frame | undefined
  private readonly direction: Direction
  private readonly dialogue: WireDialogue

  constructor(direction: Direction, dialogue: WireDialogue) {
    this.direction = direction
    this.dialogue = dialogue
  }

  /** Whether another message could begin here. */
  get isBetweenMessages(): boolean {
    return this.frame === undefined && !this.dialogue.opaque
  }

  /**
   * Takes the next bytes and returns what may be passed on, in order and without loss.
   * With `whole`, a message that began under `whole` is kept back until its last byte is here.
   */
  push(chunk: Buffer, whole: boolean): Array<WirePiece> {
    const pieces = whole ? [] : this.release()
    for (let at = 0; at < chunk.length; ) {
      if (this.dialogue.opaque) {
        pieces.push(...this.release(), { bytes: chunk.subarray(at) })
        break
      }
      this.frame ??= this.begin(whole)
      const part = chunk.subarray(at, at + this.frame.missing)
      at += part.length
      const piece = this.advance(this.frame, part)
      if (piece !== undefined) pieces.push(piece)
    }
    return pieces
  }

  /** Gives out what is kept back of an unfinished message, which then passes as it comes. */
  release(): Array<WirePiece> {
    const held = this.frame?.held
    if (this.frame === undefined || held === undefined) return []
    this.frame.held = undefined
    return held.length === 0 ? [] : [{ bytes: Buffer.concat(held) }]
  }

  private begin(whole: boolean): Frame {
    const kind = this.kindOfNext()
    return {
      kind,
      header: Buffer.alloc(0),
      missing: headerBytes[kind],
      type: undefined,
      held: whole ? [] : undefined
    }
  }

  private kindOfNext(): FrameKind {
    if (this.direction === "toServer") return this.dialogue.opening ? "opening" : "lettered"
    return this.dialogue.encryptionAsked ? "encryptionAnswer" : "lettered"
  }

  private advance(frame: Frame, part: Buffer): WirePiece | undefined {
    frame.missing -= part.length
    frame.held?.push(part)
    if (frame.header.length < headerBytes[frame.kind]) {
      frame.header = Buffer.concat([frame.header, part])
      if (frame.missing === 0) this.readHeader(frame)
    }
    if (frame.missing === 0) this.frame = undefined
    if (frame.held === undefined) return { bytes: part }
    return frame.missing === 0 ? this.finished(frame, Buffer.concat(frame.held)) : undefined
  }

  private finished(frame: Frame, bytes: Buffer): WirePiece {
    if (frame.type === undefined) return { bytes }
    const body = bytes.subarray(headerBytes[frame.kind])
    return { bytes, message: wireMessage(this.direction, frame.type, body) }
  }

  private readHeader(frame: Frame): void {
    switch (frame.kind) {
      case "encryptionAnswer":
        this.dialogue.encryptionAsked = false
        this.dialogue.opaque = frame.header.toString("latin1") !== "N"
        return
      case "opening":
        this.readOpening(frame)
        return
      case "lettered": {
        const length = frame.header.readInt32BE(1)
        this.dialogue.opaque = length < 4
        frame.type = frame.header.toString("latin1", 0, 1)
        frame.missing = Math.max(0, length - 4)
      }
    }
  }

  private readOpening(frame: Frame): void {
    const length = frame.header.readInt32BE(0)
    const name = openingNames[frame.header.readInt32BE(4)] ?? "StartupMessage"
    this.dialogue.opaque = length < 8 || length > openingMaxBytes
    if (this.dialogue.opaque) return
    this.dialogue.encryptionAsked = name === "SSLRequest" || name === "GSSENCRequest"
    this.dialogue.opening = this.dialogue.encryptionAsked
    frame.type = name
    frame.missing = length - 8
  }
}
