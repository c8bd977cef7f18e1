import { Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Throttle } from "../../src/auth/Throttle.ts"

/** Accounts that write no letters and have no limits. */
export const accountsAlone = Accounts.layer().pipe(Layer.provide([Outbox.off, Throttle.off]))
