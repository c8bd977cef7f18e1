import { join } from "node:path"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"

/** Before the database is killed, while it is away, and when it is back. */
export type Moment = "before" | "during" | "after"

/** A way to look at the page. */
export interface Look {
  readonly name: string
  readonly options: BrowserContextOptions
  /** When it is photographed. */
  readonly moments: ReadonlyArray<Moment>
}

const desktop = { viewport: { width: 1280, height: 900 } }
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 }

const always: ReadonlyArray<Moment> = ["before", "during", "after"]

/** Desktop and phone, light and dark. */
export const looks: ReadonlyArray<Look> = [
  { name: "desktop", options: { ...desktop, colorScheme: "light" }, moments: always },
  { name: "phone-dark", options: { ...phone, colorScheme: "dark" }, moments: always },
  { name: "desktop-dark", options: { ...desktop, colorScheme: "dark" }, moments: ["after"] },
  { name: "phone", options: { ...phone, colorScheme: "light" }, moments: ["after"] }
]

/** A look, in a browser. */
export interface Camera {
  readonly look: Look
  readonly page: Page
}

/** Goes through the form to the dashboard, as a person does. */
export const signIn = (page: Page, url: string, token: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    await page.goto(`${url}/admin`)
    await page.getByLabel("Token").fill(token)
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.waitForURL(`${url}/admin`)
    await page.locator("#tiles li").first().waitFor()
  })

/** Keeps what a page shows, from its top to its end, if it is to be kept at that moment. */
export const photograph =
  (folder: string, moment: Moment) =>
  ({ look, page }: Camera): Effect.Effect<void> =>
    look.moments.includes(moment)
      ? Effect.promise(async () => {
          await page.screenshot({ path: join(folder, `${look.name}-${moment}.png`), fullPage: true })
        })
      : Effect.void
