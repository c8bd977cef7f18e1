import { Data } from "effect"

/** The service can't listen at its address. The message says why and what to do. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly host: string
  readonly port: number
  readonly message: string
  readonly cause: unknown
}> {}

/** Words what Node's `listen` failed with. */
export const listenError = (
  host: string,
  port: number,
  cause: NodeJS.ErrnoException
): ListenError =>
  new ListenError({ host, port, cause, message: sentence(`${host}:${port}`, cause) })

const sentence = (address: string, { code, message }: NodeJS.ErrnoException): string => {
  switch (code) {
    case "EADDRINUSE":
      return `Can't listen on ${address}: another process already does. End it, or set PORT to a free port.`
    case "EACCES":
      return `Can't listen on ${address}: not permitted. Set PORT to a port above 1023.`
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `Can't listen on ${address}: this machine has no such address. Set HOST to one it has.`
    default:
      return `Can't listen on ${address}: ${message}.`
  }
}
