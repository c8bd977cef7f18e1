import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/globalSetup.ts"],
    // The suites talk about every clean-up and migration.
    silent: "passed-only",
    maxWorkers: 2,
    hookTimeout: 60_000,
    testTimeout: 30_000,
    reporters: process.env.CI
      ? ["default", ["json", { outputFile: ".vitest/report.json" }]]
      : ["default"]
  }
})
