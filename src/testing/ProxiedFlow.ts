import type { Socket } from "node:net"
import type { Conditions } from "./Conditions.ts"
import { type Cut, type CutEnding, cutWithin } from "./Cut.ts"
import type { Timer } from "./Timer.ts"
import type { WireFrames } from "./WireFrames.ts"
import type { Direction } from "./WireMessage.ts"

/** What a flow asks of the connection it belongs to. */
export interface FlowOwner {
  /** Read at every chunk, so a change takes effect at once. */
  readonly conditions: Conditions
  readonly timer: Timer
  readonly cuts: (direction: Direction) => ReadonlyArray<Cut>
  readonly delivered: (direction: Direction, bytes: number) => void
  readonly cut: (direction: Direction, ending: CutEnding) => void
}

interface Parcel {
  readonly bytes: Buffer
  /** Behind these bytes comes the end of the stream (FIN), which so keeps its place in the queue. */
  readonly isLast: boolean
  due: number
}

// What the proxy itself may hold per direction before it stops reading, on top of the kernel's
// buffers: enough for 25 MB/s at 10 ms of latency.
const pendingLimitBytes = 256 * 1024

// A narrow line delivers twenty times a second, instead of 64 KiB now and then.
const deliveriesPerSecond = 20

const nothing: Buffer = Buffer.alloc(0)

const slices = (chunk: Buffer, bandwidth: number): Array<Buffer> => {
  const size = Math.max(1, Math.floor(bandwidth / deliveriesPerSecond))
  if (size >= chunk.length) return [chunk]
  return Array.from({ length: Math.ceil(chunk.length / size) }, (_, i) =>
    chunk.subarray(i * size, (i + 1) * size)
  )
}

/** One direction of one connection: a queue of bytes, each with the time at which it is due. */
export class ProxiedFlow {
  private pending: Array<Parcel> = []
  private pendingBytes = 0
  private heldUntil: number
  private lineFreeAt: number
  private callOff: (() => void) | undefined
  readonly direction: Direction
  private readonly from: Socket
  private readonly to: Socket
  private readonly frames: WireFrames
  private readonly owner: FlowOwner

  /** `heldUntil`: nothing is delivered before that time, in milliseconds of the owner's timer. */
  constructor(options: {
    readonly direction: Direction
    readonly from: Socket
    readonly to: Socket
    readonly frames: WireFrames
    readonly owner: FlowOwner
    readonly heldUntil: number
  }) {
    this.direction = options.direction
    this.from = options.from
    this.to = options.to
    this.frames = options.frames
    this.owner = options.owner
    this.heldUntil = options.heldUntil
    this.lineFreeAt = options.heldUntil
    this.to.on("drain", () => this.pump())
  }

  /** Queues bytes, and stops reading when the receiver is too far behind. */
  push(chunk: Buffer): void {
    const { latency, bandwidth } = this.owner.conditions
    const now = this.owner.timer.now()
    for (const bytes of slices(chunk, bandwidth)) {
      this.lineFreeAt = Math.max(now, this.lineFreeAt) + (bytes.length * 1000) / bandwidth
      this.pending.push({ bytes, isLast: false, due: this.lineFreeAt + latency })
    }
    this.pendingBytes += chunk.length
    if (this.pendingBytes > pendingLimitBytes) this.from.pause()
    this.pump()
  }

  /**
   * Queues the end of the stream behind the bytes that are on their way. `farewell` comes before it,
   * unless it would fall into the middle of a message.
   */
  end(farewell = nothing): void {
    const due = Math.max(this.owner.timer.now(), this.lineFreeAt) + this.owner.conditions.latency
    this.pending.push({ bytes: farewell, isLast: true, due })
    this.pump()
  }

  /** Passes on what is kept back of an unfinished message. */
  release(): void {
    for (const piece of this.frames.release()) this.write(piece.bytes)
  }

  /**
   * Lets what is queued arrive as under the present conditions, if that is sooner. `isHeld`: what
   * was held since the connection was opened stays so.
   */
  hasten(isHeld: boolean): void {
    if (!isHeld) this.heldUntil = 0
    this.lineFreeAt = Math.max(this.owner.timer.now(), this.heldUntil)
    const latest = this.lineFreeAt + this.owner.conditions.latency
    for (const parcel of this.pending) parcel.due = Math.min(parcel.due, latest)
    this.callOff?.()
    this.callOff = undefined
    this.pump()
  }

  /** Forgets what is queued. The sender is still read, so that its next byte or end is seen. */
  stop(): void {
    this.pending = []
    this.pendingBytes = 0
    this.frames.release()
    this.callOff?.()
    this.callOff = undefined
    this.from.resume()
  }

  private pump(): void {
    for (let next = this.pending[0]; next !== undefined; next = this.pending[0]) {
      if (this.callOff !== undefined || this.to.writableNeedDrain) return
      const wait = next.due - this.owner.timer.now()
      if (wait > 0) {
        this.callOff = this.owner.timer.after(wait, () => {
          this.callOff = undefined
          this.pump()
        })
        return
      }
      this.pending.shift()
      this.deliver(next)
    }
  }

  private deliver({ bytes, isLast }: Parcel): void {
    // Corked, so that the messages of one segment leave as one segment.
    this.to.cork()
    if (isLast) this.finish(bytes)
    else this.pass(bytes)
    this.to.uncork()
  }

  private finish(farewell: Buffer): void {
    this.release()
    if (farewell.length > 0 && this.to.writable && this.frames.isBetweenMessages) {
      this.to.write(farewell)
    }
    this.to.end()
  }

  private pass(bytes: Buffer): void {
    this.pendingBytes -= bytes.length
    if (this.pendingBytes <= pendingLimitBytes) this.from.resume()
    const cuts = this.owner.cuts(this.direction)
    const whole = cuts.some((cut) => cut._tag === "MessageCut")
    for (const piece of this.frames.push(bytes, whole)) {
      const cut = cutWithin(cuts, piece)
      this.write(cut === undefined ? piece.bytes : piece.bytes.subarray(0, cut.at))
      if (cut === undefined) continue
      this.owner.cut(this.direction, cut.ending)
      return
    }
  }

  private write(bytes: Buffer): void {
    if (bytes.length === 0 || !this.to.writable) return
    this.owner.delivered(this.direction, bytes.length)
    this.to.write(bytes)
  }
}
