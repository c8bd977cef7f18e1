/**
 * Preloaded by a server: takes a profile of its main thread from one SIGUSR2 to the next, and writes it to the
 * file that PROFILE names.
 */
import { renameSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector"

const session = new Session()
session.connect()

/** Microseconds between two looks: fine enough for a request of some hundreds, in a few seconds. */
const interval = 200

const begin = () => {
  session.post("Profiler.enable")
  session.post("Profiler.setSamplingInterval", { interval })
  session.post("Profiler.start")
}

const end = () =>
  session.post("Profiler.stop", (error, answer) => {
    if (error !== null) throw new Error(error.message)
    // Whole, for who waits for it.
    writeFileSync(`${process.env.PROFILE}.part`, JSON.stringify(answer.profile))
    renameSync(`${process.env.PROFILE}.part`, process.env.PROFILE)
  })

let isTaken = false
process.on("SIGUSR2", () => {
  isTaken = !isTaken
  isTaken ? begin() : end()
})
