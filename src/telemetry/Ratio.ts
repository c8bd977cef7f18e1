import { Option } from "effect"

/** Reads a part of the whole, from 0 to 1. */
export const parseRatio = (text: string): Option.Option<number> => {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  return value <= 1 ? Option.some(value) : Option.none()
}
