/** Numbers and times as they are shown. */

const whole = new Intl.NumberFormat("en")
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" })

/** @param {number} value */
export const count = (value) => whole.format(value)

/** @param {number} millis since the epoch */
export const time = (millis) => clock.format(millis)

/** @param {number} millis since the epoch; with the day, unless it is today */
export const moment = (millis) => {
  const isToday = new Date(millis).toDateString() === new Date().toDateString()
  return isToday ? time(millis) : `${day.format(millis)}, ${time(millis)}`
}

/** @param {number} millis */
export const age = (millis) => {
  const seconds = Math.floor(millis / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** @param {number | null} millis */
export const latency = (millis) => {
  if (millis === null) return "–"
  if (millis >= 1000) return `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`
  return `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`
}

/** @param {number} value @param {string} one */
export const counted = (value, one) => `${count(value)} ${one}${value === 1 ? "" : "s"}`

/** @param {string} id @returns {HTMLElement} */
export const element = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/** Writes only what is different, so that nothing is read out or selected anew. @param {string} id @param {string} text */
export const write = (id, text) => {
  const target = element(id)
  if (target.textContent !== text) target.textContent = text
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export const make = (tag, attributes, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** What scrolls must be reached by the keyboard as well. @param {HTMLElement} area @param {Record<string, string>} name */
export const reachable = (area, name) => {
  for (const [key, value] of Object.entries({ tabindex: "0", ...name }))
    area.setAttribute(key, value)
}
