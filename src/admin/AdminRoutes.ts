import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Duration, Effect } from "effect"
import { CrossOrigin } from "../http/ApiError.ts"
import { receive } from "../http/BodyBytes.ts"
import { errorAnswer } from "../http/ErrorAnswer.ts"
import { Readiness } from "../http/Readiness.ts"
import { type Provenance, provenance } from "../http/SameOrigin.ts"
import * as AdminCookie from "./AdminCookie.ts"
import * as AdminPages from "./AdminPages.ts"
import { AdminSessions, type SignInResult } from "./AdminSessions.ts"
import * as Assets from "./Assets.ts"
import { eventStream, farewell } from "./EventStream.ts"
import { Watch } from "./Watch.ts"

const PAGE = "/admin"
const SIGN_IN = "/admin/sign-in"

/** Where somebody comes who was given a cookie just now. */
const SIGNED_IN = `${PAGE}?signed-in`

/** Where somebody is sent who came there without it. */
const NO_COOKIE = `${SIGN_IN}?no-cookie`

/** A word behind the path, which says how somebody came here. */
const isMarked = (mark: string) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => url.split("?")[1] === mark)

const secret = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) =>
  AdminCookie.read(headers.cookie)
)

const noOrigins: ReadonlySet<string> = new Set()

const foreign = errorAnswer(
  CrossOrigin,
  new CrossOrigin({ message: "Only pages of this service may ask for this." })
)

/** CORS_ORIGINS is for the service's API: here its origins are foreign, too. */
const onlyWhere =
  (isAllowed: (from: Provenance) => boolean) =>
  <E, R>(handler: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
      isAllowed(provenance(headers, noOrigins)) ? handler : Effect.succeed(foreign)
    )

/** For what changes something: it must be said that a page of this service asks. */
const fromOurPage = onlyWhere((from) => from === "ours")

/** For what tells something: it must not be said that another asks. */
const notFromElsewhere = onlyWhere((from) => from !== "foreign")

const unlessSignedIn = HttpServerResponse.text("Sign in at /admin first.", { status: 401 })

const answerTo = (assets: Assets.Assets, result: SignInResult) => {
  switch (result._tag) {
    case "SignedIn":
      return AdminCookie.set(result.secret)(AdminPages.seeOther(SIGNED_IN))
    case "Wrong":
      return AdminPages.signIn(assets, 401, "This is not the token.")
    case "TooSoon": {
      const seconds = Math.ceil(Duration.toSeconds(result.wait))
      const complaint = `Wrong tokens were tried. Wait ${seconds} s before the next one: it was not looked at.`
      return HttpServerResponse.setHeader(
        AdminPages.signIn(assets, 429, complaint),
        "retry-after",
        String(seconds)
      )
    }
  }
}

const cookieLost =
  "The token was right, but your browser did not keep the cookie of the session: browsers keep it over https, and over plain http only on localhost. Open this page by its https address, or allow it to set cookies."

const tokenIn = (body: Uint8Array): string =>
  new URLSearchParams(new TextDecoder().decode(body)).get("token")?.trim() ?? ""

const unreadable = HttpServerResponse.text("The form can't be read.", { status: 400 })

const signInWith = (assets: Assets.Assets, sessions: AdminSessions["Type"]) =>
  HttpServerRequest.HttpServerRequest.pipe(
    Effect.flatMap(receive),
    Effect.flatMap((body) => sessions.signIn(tokenIn(body))),
    Effect.map((result) => answerTo(assets, result)),
    Effect.catchAll(() => Effect.succeed(unreadable))
  )

const signOutWith = (sessions: AdminSessions["Type"]) =>
  Effect.as(
    Effect.flatMap(secret, sessions.signOut),
    AdminCookie.clear(AdminPages.seeOther(SIGN_IN))
  )

/** Adds the dashboard's paths to the service. */
export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const assets = yield* Assets.load
    const sessions = yield* AdminSessions
    const watch = yield* Watch
    const readiness = yield* Readiness
    const isSignedIn = Effect.flatMap(secret, sessions.isSignedIn)

    const page = Effect.zipWith(isSignedIn, isMarked("signed-in"), (isIn, isJustIn) => {
      if (!isIn) return AdminPages.seeOther(isJustIn ? NO_COOKIE : SIGN_IN)
      // Without the mark: a bookmark or a later session has nothing to do with it.
      return isJustIn ? AdminPages.seeOther(PAGE) : AdminPages.dashboard(assets)
    })
    const form = Effect.map(isMarked("no-cookie"), (isLost) =>
      AdminPages.signIn(assets, 200, isLost ? cookieLost : "")
    )
    const events = Effect.flatMap(secret, (given) => {
      const isAllowed = sessions.isSignedIn(given)
      return Effect.if(isAllowed, {
        onTrue: () => eventStream(watch, isAllowed),
        onFalse: () => Effect.succeed(unlessSignedIn)
      })
    })

    yield* router.get(PAGE, page)
    yield* router.get(SIGN_IN, form)
    yield* router.post(SIGN_IN, fromOurPage(signInWith(assets, sessions)))
    yield* router.post("/admin/sign-out", fromOurPage(signOutWith(sessions)))
    yield* router.get("/admin/events", notFromElsewhere(events))
    for (const asset of assets.files) {
      yield* router.get(asset.path, Effect.succeed(AdminPages.file(asset)))
    }
    yield* Effect.forkScoped(Effect.zipRight(readiness.closed, farewell(watch)))
  })
)
