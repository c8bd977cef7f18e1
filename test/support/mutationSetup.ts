import { FastCheck as fc } from "effect"

// A mutant that survives so many random programs would survive more of them: each property ends after
// two seconds, because it is run hundreds of times.
fc.configureGlobal({ ...fc.readConfigureGlobal(), interruptAfterTimeLimit: 2_000 })
