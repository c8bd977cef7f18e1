import { ProofFailed } from "../proofs/Proof.ts"

/** What a measurement ended with, as a command tells it. */
export const reason = (cause: unknown): Error =>
  cause instanceof Error ? cause : new ProofFailed({ message: String(cause) })
