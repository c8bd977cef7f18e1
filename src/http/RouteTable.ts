import { Array as Arrays } from "effect"

/** An endpoint as the router knows it: `*` stands for every method. */
export interface Route {
  readonly method: string
  readonly path: string
}

/** What a request line names. `path` is the route's pattern, which is safe to log. */
export type Lookup =
  | { readonly _tag: "Found"; readonly path: string; readonly allow: ReadonlyArray<string> }
  | { readonly _tag: "WrongMethod"; readonly path: string; readonly allow: ReadonlyArray<string> }
  | { readonly _tag: "NoSuchPath" }

/** Finds what a method and a request target name. */
export type RouteTable = (method: string, target: string) => Lookup

// RFC 9112, 3.2.2: a server takes the absolute form of a target, too.
const ORIGIN = /^https?:\/\/[^/?#]*/i

const pathOf = (target: string): string => target.replace(ORIGIN, "").split("?", 1)[0] ?? ""

const literally = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

// A parameter takes only characters that never need encoding, so it has one spelling as well.
const segmentPattern = (segment: string): string =>
  segment.startsWith(":") ? "[A-Za-z0-9._~-]+" : literally(segment)

const pathPattern = (path: string): RegExp =>
  new RegExp(`^${path.split("/").map(segmentPattern).join("/")}$`)

const allowedMethods = (methods: ReadonlyArray<string>): ReadonlyArray<string> =>
  Arrays.dedupe([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"]).sort()

/**
 * Matches paths byte by byte, before platform's router sees them.
 *
 * That router folds case, double slashes, a trailing slash and percent encoding into one route,
 * and takes `;` and `#` for the start of a query: many spellings of one path, which rules keyed by
 * path (limits, logs, a proxy's access list) then miss.
 */
export const make = (routes: ReadonlyArray<Route>): RouteTable => {
  const entries = Object.entries(Arrays.groupBy(routes, (route) => route.path)).map(
    ([path, group]) => ({
      path,
      pattern: pathPattern(path),
      allow: allowedMethods(group.map((route) => route.method))
    })
  )
  return (method, target) => {
    const path = pathOf(target)
    const entry = entries.find((candidate) => candidate.pattern.test(path))
    if (entry === undefined) return { _tag: "NoSuchPath" }
    return entry.allow.includes(method) || entry.allow.includes("*")
      ? { _tag: "Found", path: entry.path, allow: entry.allow }
      : { _tag: "WrongMethod", path: entry.path, allow: entry.allow }
  }
}
