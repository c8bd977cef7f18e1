import type { WirePiece } from "./WireFrames.ts"
import type { Direction, WireMessage } from "./WireMessage.ts"

/** What a client hears of a cut: an RST, an orderly end (FIN), or nothing at all. */
export type CutEnding = "reset" | "close" | "blackhole"

/** Cuts after `remaining` more bytes; one counter, however many connections share it. */
interface ByteCut {
  readonly _tag: "ByteCut"
  readonly direction: Direction
  readonly ending: CutEnding
  remaining: number
  spent: boolean
}

/** Cuts in front of, or behind, the first message that matches. */
interface MessageCut {
  readonly _tag: "MessageCut"
  readonly direction: Direction
  readonly side: "before" | "after"
  readonly ending: CutEnding
  readonly matches: (message: WireMessage) => boolean
  spent: boolean
}

/** An order to cut one connection at one place. It is carried out once, then `spent`. */
export type Cut = ByteCut | MessageCut

const reach = (cut: Cut, piece: WirePiece): number => {
  if (cut._tag === "ByteCut") {
    return cut.remaining <= piece.bytes.length ? cut.remaining : Number.POSITIVE_INFINITY
  }
  if (piece.message === undefined || !cut.matches(piece.message)) return Number.POSITIVE_INFINITY
  return cut.side === "before" ? 0 : piece.bytes.length
}

/** Where a cut falls: behind so many bytes of a piece. */
interface CutPlace {
  readonly at: number
  readonly ending: CutEnding
}

/**
 * How much of `piece` may still pass, if one of the cuts falls within it; else undefined.
 * Spends the cuts that fall there, and counts the others down by what passes.
 */
export const cutWithin = (cuts: ReadonlyArray<Cut>, piece: WirePiece): CutPlace | undefined => {
  const reaches = cuts.map((cut) => ({ cut, at: reach(cut, piece) }))
  const nearest = Math.min(...reaches.map(({ at }) => at))
  const passing = Math.min(nearest, piece.bytes.length)
  for (const { cut, at } of reaches) {
    if (cut._tag === "ByteCut") cut.remaining -= passing
    cut.spent = Number.isFinite(at) && at === nearest
  }
  const first = reaches.find(({ at }) => Number.isFinite(at) && at === nearest)
  if (first === undefined) return undefined
  return { at: nearest, ending: first.cut.ending }
}
