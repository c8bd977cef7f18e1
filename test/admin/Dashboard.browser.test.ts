import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import type { ConsoleMessage, Page } from "playwright-core"
import { openBrowser, openPage } from "../../proofs/dashboard/Browser.ts"
import { crash } from "../../proofs/dashboard/Crash.ts"
import { adminToken, dashboardService } from "../../proofs/dashboard/DashboardService.ts"
import { load } from "../../proofs/dashboard/Load.ts"
import { signIn } from "../../proofs/dashboard/Photograph.ts"
import { Server } from "../../src/http/Server.ts"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"

const service = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ url }) => dashboardService(url))
).pipe(
  Layer.provideMerge(EmbeddedPostgres.layer()),
  Layer.provide(Logger.remove(Logger.defaultLogger))
)

const patience = { timeout: 15_000 }

/** A page, and what its console says: violations of its policy among it. */
const watched = (width: number) =>
  Effect.gen(function* () {
    const browser = yield* openBrowser
    const page = yield* openPage(browser, {
      viewport: { width, height: 844 },
      reducedMotion: "reduce"
    })
    const complaints: Array<string> = []
    page.on("pageerror", ({ message }) => complaints.push(message))
    page.on("console", (said: ConsoleMessage) => {
      if (["error", "warning"].includes(said.type()))
        complaints.push(`${said.text()} ${said.location().url}`)
    })
    return { page, complaints }
  })

const has = (page: Page, selector: string, text: RegExp) =>
  Effect.promise(() => page.locator(selector).filter({ hasText: text }).first().waitFor(patience))

const focused = (page: Page) =>
  Effect.promise(() =>
    page.evaluate("document.activeElement?.id || document.activeElement?.textContent?.trim()")
  )

const press = (page: Page, key: string) => Effect.promise(() => page.keyboard.press(key))

/** What a machine can tell of accessibility, asked of the page: each is a list of culprits. */
const barriers = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)]
  const names = (elements) => elements.map((each) => each.outerHTML.slice(0, 80))
  const levels = all("h1, h2, h3").map((each) => Number(each.tagName[1]))
  const ids = all("[id]").map((each) => each.id)
  return {
    landmarks: ["header", "main", "footer"].filter((each) => all(each).length !== 1),
    unlabelledSections: names(all("section").filter((each) => !each.hasAttribute("aria-labelledby"))),
    brokenReferences: all("[aria-labelledby], [aria-describedby], label[for]").flatMap((each) =>
      ["aria-labelledby", "aria-describedby", "for"].flatMap((name) => each.getAttribute(name) ?? [])
    ).filter((id) => !document.getElementById(id)),
    skippedLevels: levels.filter((level, index) => index > 0 && level > levels[index - 1] + 1),
    doubledIds: ids.filter((id, index) => ids.indexOf(id) !== index),
    namelessControls: names(all("button, summary, a").filter((each) => !each.textContent.trim())),
    headlessTables: names(all("table").filter((each) => !each.querySelector("th[scope]"))),
    unreachableScrollers: names(all("body *").filter((each) =>
      /(auto|scroll)/.test(getComputedStyle(each).overflowY) && each.scrollHeight > each.clientHeight + 1 && each.tabIndex < 0
    )),
    visiblePlots: names(all(".canvas").filter((each) => each.getAttribute("aria-hidden") !== "true")),
    language: document.documentElement.lang === "en" ? [] : ["no lang"]
  }
})()`

/** The lowest contrast of a text with what is behind it, by WCAG 2.2. */
const lowestContrast = `(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor)
      if (colour.length === 3 || colour[3] > 0) return colour
    }
    return [255, 255, 255]
  }
  const texts = [...document.querySelectorAll("body *")].filter((each) =>
    each.checkVisibility() && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
  return Math.min(...texts.map((each) => {
    const [one, other] = [light(numbers(getComputedStyle(each).color)), light(behind(each))]
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
  }))
})()`

describe("the dashboard in Chromium", () => {
  layer(service, { excludeTestServices: true, timeout: 60_000 })((it) => {
    it.scoped(
      "shows a database that is killed under load, what became of it, and that it is back",
      () =>
        Effect.gen(function* () {
          const { url } = yield* Server
          const postgres = yield* EmbeddedPostgres
          const { complaints, page } = yield* watched(1280)
          yield* Effect.fork(load(url, 6))
          yield* signIn(page, url, adminToken)
          yield* has(page, "#state-word", /^Healthy$/)
          yield* has(page, "#tiles li", /^Active|^Idle/)
          yield* has(page, "#audit td", /^sign up$/)
          yield* crash
          yield* has(page, "#state-word", /^Database unreachable$/)
          // A server that is killed does not always come to say so before its sockets are gone.
          yield* has(
            page,
            "#incidents li",
            /going on.*(server restarted|database unreachable): \d+ (connections? (condemned|found dead)|dials? failed)/
          )
          yield* has(page, "#figure-breaker", /^(open|half-open)$/)
          yield* has(page, "[role=status]", /^Database unreachable/)
          yield* postgres.start
          yield* has(
            page,
            "#incidents li",
            /(condemned|found dead|failed).*recovered in [\d.]+ m?s/
          )
          yield* has(page, "#state-word", /^Healthy$/)
          assert.deepStrictEqual(complaints, [])
        }),
      60_000
    )

    it.scoped("is opened, read and left by the keyboard alone", () =>
      Effect.gen(function* () {
        const { url } = yield* Server
        const { complaints, page } = yield* watched(1280)
        yield* Effect.promise(() => page.goto(`${url}/admin`))
        yield* press(page, "Tab")
        assert.strictEqual(yield* focused(page), "token")
        yield* Effect.promise(() => page.keyboard.type(adminToken))
        yield* press(page, "Enter")
        yield* has(page, "#tiles li", /./)
        yield* press(page, "Tab")
        assert.strictEqual(yield* focused(page), "Skip to the dashboard")
        yield* press(page, "Enter")
        assert.strictEqual(yield* focused(page), "main")
        const summary = page.locator("summary").first()
        yield* Effect.promise(() => summary.focus())
        yield* press(page, "Enter")
        yield* has(page, "details[open] th", /^Minute$/)
        yield* Effect.promise(() => page.getByRole("button", { name: "Sign out" }).focus())
        yield* press(page, "Enter")
        yield* Effect.promise(() => page.waitForURL(`${url}/admin/sign-in`))
        assert.deepStrictEqual(complaints, [])
      })
    )

    it.scoped("has no barrier that a machine can find, in either theme, and fits a phone", () =>
      Effect.gen(function* () {
        const { url } = yield* Server
        const { complaints, page } = yield* watched(390)
        yield* signIn(page, url, adminToken)
        yield* has(page, "#link", /^Live/)
        for (const colorScheme of ["light", "dark"] as const) {
          yield* Effect.promise(() => page.emulateMedia({ colorScheme }))
          const found = yield* Effect.promise(() => page.evaluate(barriers))
          for (const [barrier, culprits] of Object.entries(Object(found))) {
            assert.deepStrictEqual(culprits, [], barrier)
          }
          const contrast = yield* Effect.promise(() => page.evaluate(lowestContrast))
          assert.isAtLeast(Number(contrast), 4.5, colorScheme)
        }
        const width = yield* Effect.promise(() =>
          page.evaluate("document.documentElement.scrollWidth")
        )
        assert.strictEqual(width, 390)
        assert.deepStrictEqual(complaints, [])
      })
    )
  })
})
