import type { Socket } from "node:net"
import { errorResponse, type FatalMessage } from "./FatalMessage.ts"
import { newDialogue, WireFrames } from "./WireFrames.ts"

// The server's answer to the wish for encryption: no. What is refused is refused in plain text.
const noEncryption = "N"

/**
 * Answers a client's opening packets as a server that will not have it: the message, then the end
 * of the stream. `cancel` gets a CancelRequest, which a full server obeys all the same.
 */
export const reject = (
  client: Socket,
  answer: FatalMessage,
  cancel: (request: Buffer) => void
): void => {
  const dialogue = newDialogue()
  const frames = new WireFrames("toServer", dialogue)
  client.on("end", () => client.end())
  client.on("data", (chunk: Buffer) => {
    for (const { bytes, message } of frames.push(chunk, true)) {
      if (message === undefined) continue
      if (message.type === "StartupMessage") client.end(errorResponse(answer))
      else if (message.type === "CancelRequest") {
        cancel(bytes)
        client.end()
      } else client.write(noEncryption)
    }
  })
}
