import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/globalSetup.ts"],
    // The suites talk about every clean-up and migration.
    silent: "passed-only",
    // They share a database, and drop its tables in between.
    fileParallelism: false,
    hookTimeout: 60_000,
    testTimeout: 30_000
  }
})
