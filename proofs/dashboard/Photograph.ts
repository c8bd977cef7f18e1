import { join } from "node:path"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"

/** Before the database is killed, while it is away, and when it is back. */
export type Moment = "before" | "during" | "after"

/** How much of the page is kept, from its top. */
interface Frame {
  readonly width: number
  readonly height: number
}

/** A way to look at the page. */
export interface Look {
  readonly name: string
  readonly frame: Frame
  readonly options: BrowserContextOptions
  /** When it is photographed. */
  readonly moments: ReadonlyArray<Moment>
}

const wide: Frame = { width: 1280, height: 900 }
const narrow: Frame = { width: 390, height: 1690 }

const look = (
  name: string,
  frame: Frame,
  colorScheme: "light" | "dark",
  moments: ReadonlyArray<Moment>
): Look => ({
  name,
  frame,
  moments,
  options: { colorScheme, viewport: { width: frame.width, height: 844 } }
})

const always: ReadonlyArray<Moment> = ["before", "during", "after"]

/** Desktop and phone, light and dark. */
export const looks: ReadonlyArray<Look> = [
  look("desktop", wide, "light", always),
  look("phone-dark", narrow, "dark", always),
  look("desktop-dark", wide, "dark", ["after"]),
  look("phone", narrow, "light", ["after"])
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

/** Keeps what a page shows, if it is to be kept at that moment. */
export const photograph =
  (folder: string, moment: Moment) =>
  ({ look, page }: Camera): Effect.Effect<void> =>
    look.moments.includes(moment)
      ? Effect.promise(async () => {
          await page.screenshot({
            path: join(folder, `${look.name}-${moment}.png`),
            fullPage: true,
            clip: { x: 0, y: 0, ...look.frame }
          })
        })
      : Effect.void
