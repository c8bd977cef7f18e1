/** The events of the service, connected again when they break off. */

import { time, write } from "./words.js"

const PAUSE = 5000

/** What it means that the stream can't be had. */
const whyNot = async () => {
  const answer = await fetch("/admin/events", { method: "HEAD" }).catch(() => undefined)
  if (answer?.status === 401) location.assign("/admin/sign-in")
  return answer?.status === 503
    ? "Too many pages are open, or the service is about to end. Trying again…"
    : "The service does not answer. Trying again…"
}

/** @param {Record<string, (data: any) => void>} listeners by the event's name */
export const listen = (listeners) => {
  const source = new EventSource("/admin/events")
  let isDraining = false
  const broken = async () => {
    document.body.dataset.link = "lost"
    write("link", isDraining ? "This instance is ending." : "Connection lost. Trying again…")
    if (source.readyState !== EventSource.CLOSED) return
    write("link", await whyNot())
    setTimeout(() => listen(listeners), PAUSE)
  }
  source.addEventListener("error", broken)
  source.addEventListener("draining", () => {
    isDraining = true
  })
  for (const [name, heard] of Object.entries(listeners)) {
    source.addEventListener(name, (event) => {
      const data = JSON.parse(event.data)
      isDraining = false
      document.body.dataset.link = "live"
      if (data.now !== undefined) write("link", `Live, as of ${time(data.now)}`)
      heard(data)
    })
  }
}
