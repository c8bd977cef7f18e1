import { effect, it, layer, prop, scoped } from "@effect/vitest"

// Runs before each file. Files share a worker's modules, and so the one `it` there is, into which
// `layer` writes methods that run under its own services: without this, a later file's `it.effect`
// would run under those of an earlier file, with the live clock, say, in place of the `TestClock`.
Object.assign(it, { effect, scoped, layer, prop })
