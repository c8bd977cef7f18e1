/** Beside the service in its process (`node --expose-gc --import`): tells what it holds when it is asked. */
import process from "node:process"

process.on("message", () => {
  // Twice: what the first run finds finalised, the second one frees.
  globalThis.gc()
  globalThis.gc()
  const resources = process.getActiveResourcesInfo()
  const { heapUsed, rss } = process.memoryUsage()
  process.send({
    heap: heapUsed,
    rss,
    handles: resources.length,
    sockets: resources.filter((name) => name === "TCPSocketWrap").length
  })
})

// Whoever started it is gone.
process.on("disconnect", () => process.exit())
// To be asked is no reason to live.
process.channel.unref()
