import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // The clock of a test may be simulated; two busy cores are not.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    globalSetup: ["test/support/globalSetup.ts"],
    // What a test logs matters when it fails.
    silent: "passed-only",
    reporters: process.env.CI
      ? ["default", ["json", { outputFile: ".vitest/report.json" }]]
      : ["default"]
  }
})
