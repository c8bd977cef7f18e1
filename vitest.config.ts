import { defineConfig } from "vitest/config"
import { LongestFirst } from "./test/support/LongestFirst.ts"

const source = (path: string) => new URL(`src/${path}`, import.meta.url).pathname

export default defineConfig({
  resolve: {
    // The examples import the package by its name, as its users do.
    alias: [
      { find: /^holdfast$/, replacement: source("index.ts") },
      { find: /^holdfast\/api$/, replacement: source("http/contract.ts") },
      { find: /^holdfast\/(auth|http|mail|pool|testing)$/, replacement: source("$1/index.ts") }
    ]
  },
  test: {
    include: ["test/**/*.test.ts", "examples/*.test.ts"],
    // Half the time of a run went into loading Effect anew for each file.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    setupFiles: ["test/support/setupFile.ts"],
    // The clock of a test may be simulated; two busy cores are not.
    maxWorkers: 2,
    minWorkers: 2,
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
