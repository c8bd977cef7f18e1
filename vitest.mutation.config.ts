import { defineConfig } from "vitest/config"

/** The tests that touch no database, for `npm run mutation`: each runs hundreds of times. */
export default defineConfig({
  test: {
    include: [
      "test/pool/{Backoff,Breaker,Pace,WaitQueue,Pool.*}.test.ts",
      "test/pool/PoolMachine{,.*}.test.ts",
      "test/sql/{SqlStates,Judgement,SilentStatement}.test.ts"
    ],
    isolate: false,
    setupFiles: ["test/support/setupFile.ts", "test/support/mutationSetup.ts"],
    testTimeout: 8_000,
    silent: true
  }
})
