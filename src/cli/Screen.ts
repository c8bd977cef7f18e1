import { stripVTControlCharacters } from "node:util"
import { Console, Effect } from "effect"

/** Where a command writes. */
interface Outlet {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

/** A password in an address, which a person may have typed where no address belongs. */
const secrets = /(\w+:\/\/[^:/\s'"]*:)[^'"\n]*@|([?&\s]password=)[^&\s'"]*/gi

/** Without passwords, and without colours where nobody sees them. */
export const shown = (text: string, isSeen: boolean): string => {
  const safe = text.replace(secrets, (_, user, name) => (user ? `${user}***@` : `${name}***`))
  return isSeen ? safe : stripVTControlCharacters(safe)
}

const isColoured = ({ isTTY }: Outlet): boolean => isTTY === true && !process.env.NO_COLOR

const line = (outlet: Outlet, text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    outlet.write(`${shown(text, isColoured(outlet)).trimEnd()}\n`)
  })

/** One line or more of what was asked for. */
export const print = (text: string): Effect.Effect<void> => line(process.stdout, text)

/** The same for machines. */
export const printJson = (value: unknown): Effect.Effect<void> =>
  print(JSON.stringify(value, null, 2))

/** What went wrong. */
export const complain = (text: string): Effect.Effect<void> => line(process.stderr, text)

const eraseLine = "\r\u001b[2K"

/** What is being done, until something else is printed: on a terminal only. */
export const progress = (text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    if (process.stderr.isTTY) process.stderr.write(`${eraseLine}${text}...`)
  })

/** Takes away what {@link progress} has written. */
export const progressOver: Effect.Effect<void> = Effect.sync(() => {
  if (process.stderr.isTTY) process.stderr.write(eraseLine)
})

/** Has what `@effect/cli` prints go the same way, with its words for a mistake put into others. */
export const withMistakes =
  (inOtherWords: (said: string) => string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Console.consoleWith(Effect.succeed), (console) =>
      Effect.withConsole(effect, {
        ...console,
        log: (...args) => print(args.join(" ")),
        error: (...args) => complain(inOtherWords(shown(args.join(" "), false)))
      })
    )
