import { connect, type Socket } from "node:net"
import type { Question } from "../../proofs/service/Ask.ts"

/** A question as it travels. */
export const bytesOf = ({ body, headers = {}, method, path }: Question): string => {
  const text = body === undefined ? "" : JSON.stringify(body)
  const content =
    text === ""
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }
  const lines = Object.entries({ host: "127.0.0.1", ...headers, ...content }).map(
    ([name, value]) => `${name}: ${value}\r\n`
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`
}

/** The status of an answer that is there as a whole. */
const statusOf = (received: string): number | undefined => {
  const end = received.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(received)?.[1]
  const isWhole =
    length === undefined
      ? received.endsWith("0\r\n\r\n")
      : received.length >= end + 4 + Number(length)
  return isWhole ? Number(received.slice(9, 12)) : undefined
}

interface Waiting {
  readonly resolve: (status: number) => void
  readonly reject: (error: Error) => void
}

/**
 * One connection to a server, over which one question after the other is asked.
 *
 * It reads no more of an answer than where it ends: node's own client would take as much of the
 * processors as the servers that are measured. Answers have a length or come in chunks.
 */
export class KeptConnection {
  private readonly socket: Socket
  private received = ""
  private waiting: Waiting | undefined

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port, noDelay: true })
    this.socket.setEncoding("latin1")
    this.socket.on("data", (chunk: string) => this.receive(chunk))
    this.socket.on("error", (error) => this.fail(error))
    this.socket.on("close", () => this.fail(new Error("The server hung up")))
  }

  /** Answers with the status; rejects when the connection is lost. */
  ask(question: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject }
      if (this.socket.destroyed) this.fail(new Error("The connection is closed"))
      else this.socket.write(question)
    })
  }

  close(): void {
    this.socket.destroy()
  }

  private receive(chunk: string): void {
    this.received += chunk
    const status = statusOf(this.received)
    if (status === undefined) return
    this.received = ""
    const waiting = this.waiting
    this.waiting = undefined
    waiting?.resolve(status)
  }

  private fail(error: Error): void {
    this.waiting?.reject(error)
    this.waiting = undefined
  }
}
