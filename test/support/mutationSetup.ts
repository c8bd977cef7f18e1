import { FastCheck as fc } from "effect"

// A mutant that survives so many random programs would survive more of them: each property ends after
// one second, because it is run hundreds of times.
fc.configureGlobal({ ...fc.readConfigureGlobal(), interruptAfterTimeLimit: 1_000 })
