import { Option } from "effect"
import type { Requester } from "../../src/auth/Requester.ts"

/** Someone at an address of 198.51.100.0/24, with a browser. */
export const requester = (lastByte = 1, userAgent = "Browser/1.0"): Requester => ({
  address: Option.some({ coarse: "198.51.100.0/24", subject: `198.51.100.${lastByte}` }),
  userAgent: Option.some(userAgent)
})
