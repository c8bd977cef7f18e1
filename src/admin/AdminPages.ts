import { HttpServerResponse } from "@effect/platform"
import type { Asset, Assets } from "./Assets.ts"

// Scripts and styles are files of this service only. uPlot sets positions from its script, which no
// policy forbids; data: is the icon.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
].join("; ")

const HEADERS = {
  "content-security-policy": POLICY,
  // Without a referrer browsers say that forms come from "null", and so from nowhere.
  "referrer-policy": "same-origin"
}

const html = (text: string, status: number) =>
  HttpServerResponse.text(text, {
    status,
    contentType: "text/html; charset=utf-8",
    headers: HEADERS
  })

/** The dashboard itself. It holds no data: that comes by its stream. */
export const dashboard = (assets: Assets) => html(assets.dashboard, 200)

/** The form for the token, with what was wrong with the last try. */
export const signIn = (assets: Assets, status = 200, complaint = "") =>
  html(assets.signIn.replace("<!--complaint-->", complaint), status)

/** Sends a browser elsewhere, with GET. */
export const seeOther = (location: string) =>
  HttpServerResponse.empty({ status: 303, headers: { location } })

/** A file whose path changes with it, so it can be kept for ever. */
export const file = ({ body, contentType }: Asset) =>
  HttpServerResponse.uint8Array(body, {
    contentType,
    headers: { "cache-control": "public, max-age=31536000, immutable" }
  })
