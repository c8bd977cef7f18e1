import { lookup } from "node:dns/promises"
import { connect, isIP, type Socket } from "node:net"
import { Duration, Effect, type Scope } from "effect"
import { type Finding, ok, problem } from "./Finding.ts"
import type { Place } from "./Place.ts"

/** A step that was not made. */
export class Stopped {
  readonly finding: Finding
  constructor(finding: Finding) {
    this.finding = finding
  }
}

const stop = (name: string, seen: string, advice: string) =>
  new Stopped(problem(name, seen, advice))

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"

/** Finds the addresses of the host's name. */
export const resolveName = (
  { host }: Place,
  within: Duration.Duration
): Effect.Effect<Finding, Stopped> => {
  if (host.startsWith("/")) return Effect.succeed(ok("Name", `${host} is a folder of this machine`))
  if (isIP(host) > 0) return Effect.succeed(ok("Name", `${host} is an address already`))
  return Effect.tryPromise({
    try: () => lookup(host, { all: true }),
    catch: (cause) => nameFailed(host, codeOf(cause))
  }).pipe(
    Effect.timeoutFail({
      duration: within,
      onTimeout: () =>
        stop(
          "Name",
          `no answer about ${host} within ${Duration.format(within)}`,
          "Look whether this machine reaches its name server."
        )
    }),
    Effect.map((all) => ok("Name", `${host} is ${all.map(({ address }) => address).join(", ")}`))
  )
}

/** What a name server's answer means. */
export const nameFailed = (host: string, code: string): Stopped =>
  code === "ENOTFOUND"
    ? stop("Name", `there is no host ${host}`, "Correct the host in the URL.")
    : stop(
        "Name",
        `${host} can't be looked up (${code})`,
        "Look whether this machine reaches its name server, and try again."
      )

const reachAdvice: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Correct the port in the URL, or start the server there.",
  EHOSTUNREACH: "Look for a route to that network: a VPN or a private network may be missing.",
  ENETUNREACH: "Look for a route to that network; an IPv6 address needs IPv6 on this machine.",
  ENOENT: "Start the server, or correct the folder of its socket in the URL."
}

/** What a failure to connect means. */
export const reachFailed = ({ host, port }: Place, code: string): Stopped =>
  stop(
    "Port",
    code === "ECONNREFUSED"
      ? `nothing listens on port ${port} of ${host}`
      : `port ${port} of ${host} can't be reached (${code})`,
    reachAdvice[code] ?? "Look for a firewall or an allow list of addresses in between."
  )

/** Connects, and drops the socket with the scope. */
export const reach = (
  place: Place,
  within: Duration.Duration
): Effect.Effect<Socket, Stopped, Scope.Scope> => {
  const { host, port } = place
  const opened = Effect.async<Socket, Stopped>((resume) => {
    const socket = host.startsWith("/")
      ? connect(`${host}/.s.PGSQL.${port}`)
      : connect({ host, port })
    socket.once("connect", () => resume(Effect.succeed(socket)))
    socket.on("error", (cause) => resume(Effect.fail(reachFailed(place, codeOf(cause)))))
    return Effect.sync(() => socket.destroy())
  })
  return Effect.acquireRelease(
    Effect.timeoutFail(Effect.interruptible(opened), {
      duration: within,
      onTimeout: () =>
        stop(
          "Port",
          `port ${port} of ${host} did not answer within ${Duration.format(within)}`,
          "Look for a firewall or an allow list of addresses that swallows what you send, or for a wrong host."
        )
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
}

/** What asks any server since PostgreSQL 7 whether it speaks TLS: PostgreSQL 18, section 54.2.10. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Asks whether TLS is to be had, which nothing but Postgres answers with one letter. */
export const speaksPostgres = (
  socket: Socket,
  { host, port }: Place,
  within: Duration.Duration
): Effect.Effect<"S" | "N", Stopped> => {
  const advice = "Correct the host or the port in the URL: something else listens there."
  const other = (seen: string) => Effect.fail(stop("Protocol", seen, advice))
  const answered = Effect.async<"S" | "N", Stopped>((resume) => {
    socket.once("data", (answer) => {
      const letter = answer.length === 1 ? answer.toString("latin1") : ""
      resume(
        letter === "S" || letter === "N"
          ? Effect.succeed(letter)
          : other(`what listens on port ${port} of ${host} does not speak Postgres's protocol`)
      )
    })
    socket.once("close", () =>
      resume(other(`port ${port} of ${host} hung up when asked for Postgres`))
    )
    socket.write(sslRequest)
  })
  return Effect.timeoutFail(answered, {
    duration: within,
    onTimeout: () =>
      stop(
        "Protocol",
        `port ${port} of ${host} took the connection and said nothing for ${Duration.format(within)}`,
        "Look whether a Postgres or a pooler listens there; a proxy may hold the port while the server is away."
      )
  })
}
