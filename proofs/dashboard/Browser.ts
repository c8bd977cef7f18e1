import { existsSync } from "node:fs"
import { Data, Effect, type Scope } from "effect"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const executablePath = "/usr/bin/chromium"

/** There is no browser to show a page in. */
export class BrowserMissing extends Data.TaggedError("BrowserMissing")<{
  readonly message: string
}> {}

const missing = new BrowserMissing({
  message: `There is no ${executablePath}. On Debian: apt-get install --no-install-recommends chromium`
})

// Chromium's own sandbox needs what root in a container has not.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : []

/** Debian's Chromium, ended with the scope. */
export const openBrowser: Effect.Effect<Browser, BrowserMissing, Scope.Scope> = Effect.suspend(
  () =>
    existsSync(executablePath)
      ? Effect.acquireRelease(
          Effect.promise(() => chromium.launch({ executablePath, args })),
          (browser) => Effect.promise(() => browser.close())
        )
      : missing
)

/** A page of its own, with its own cookies. */
export const openPage = (
  browser: Browser,
  options: BrowserContextOptions
): Effect.Effect<Page, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => browser.newContext(options)),
    (context) => Effect.promise(() => context.close())
  ).pipe(Effect.flatMap((context) => Effect.promise(() => context.newPage())))
