import { Config, ConfigError, Duration, Either, Option, Redacted } from "effect"

/** What there is to say of a value that the environment may set. */
export interface About {
  readonly name: string
  /** What it sets, as a clause without a full stop. */
  readonly meaning: string
  /** What may be written: completes "must be". */
  readonly allowed: string
  /** What counts where it is not set, as it would be written; undefined: there is no such value. */
  readonly fallback: string | undefined
  /** The same in words. */
  readonly otherwise: string
  /** Its value is never shown. */
  readonly isSecret: boolean
}

/** Reads one value of the environment, an empty one as none, and tells what there is to say of it. */
export type Variable<A> = Config.Config<A> & { readonly about: About }

/** What each kind of variable is described by. */
interface Description {
  readonly meaning: string
  /** In words, where there is no value to show. Default "none". */
  readonly otherwise?: string
}

interface Reading<A> extends Description {
  readonly allowed: string
  readonly read: (text: string) => Option.Option<A>
  readonly isSecret?: boolean
  readonly mayHoldKey?: boolean
}

const longestShown = 40

const shown = (text: string): string =>
  JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}...` : text)

const invalid = (name: string, reading: Reading<unknown>, text: string) => {
  const isHidden = reading.isSecret === true || reading.mayHoldKey === true
  return ConfigError.InvalidData(
    [name],
    `must be ${reading.allowed}${isHidden ? "" : `, not ${shown(text)}`}`
  )
}

/** The value, or none if it is absent or empty. */
const given = <A>(name: string, reading: Reading<A>): Config.Config<Option.Option<A>> =>
  Config.mapOrFail(Config.option(Config.string(name)), (text) => {
    const written = Option.map(text, (value) => value.trim())
    if (Option.isNone(written) || written.value === "") return Either.right(Option.none())
    const value = reading.read(written.value)
    return Option.isSome(value)
      ? Either.right(value)
      : Either.left(invalid(name, reading, written.value))
  })

const described = <A>(
  config: Config.Config<A>,
  name: string,
  { allowed, isSecret = false, meaning, otherwise = "none" }: Reading<unknown>,
  fallback?: string
): Variable<A> =>
  Object.assign(config, { about: { name, meaning, allowed, fallback, otherwise, isSecret } })

const optional = <A>(name: string, reading: Reading<A>): Variable<A | undefined> => {
  const config = Config.map(given(name, reading), Option.getOrUndefined)
  return described(config, name, reading)
}

const withFallback = <A>(
  name: string,
  reading: Reading<A>,
  fallback: A,
  written: string
): Variable<A> => {
  const config = Config.map(
    given(name, reading),
    Option.getOrElse(() => fallback)
  )
  return described(config, name, reading, written)
}

/** A whole number within bounds. */
export const integer = (
  name: string,
  {
    fallback,
    max,
    min,
    ...description
  }: Description & { readonly min: number; readonly max: number; readonly fallback: number }
): Variable<number> => {
  const read = (text: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? Option.some(value) : Option.none()
  }
  const allowed = `a whole number from ${min} to ${max}`
  return withFallback(name, { ...description, allowed, read }, fallback, String(fallback))
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000]
] as const

/** A duration as it may be written: "1 day", "500 millis". */
export const written = (duration: Duration.Duration): string => {
  const millis = Duration.toMillis(duration)
  if (millis === 0) return "0 seconds"
  const [unit, size] = units.find(([, each]) => millis % each === 0) ?? ["milli", 1]
  const count = millis / size
  return `${count} ${unit}${count === 1 ? "" : "s"}`
}

const durationText =
  /^\d+(\.\d+)? ?(millis|milli|seconds|second|minutes|minute|hours|hour|days|day)$/

/** A duration within bounds, with its unit. */
export const duration = (
  name: string,
  {
    fallback,
    max,
    min,
    ...description
  }: Description & {
    readonly min: Duration.DurationInput
    readonly max: Duration.DurationInput
    readonly fallback: Duration.DurationInput
  }
): Variable<Duration.Duration> => {
  const isWithin = Duration.between({
    minimum: Duration.decode(min),
    maximum: Duration.decode(max)
  })
  const read = (text: string) =>
    durationText.test(text)
      ? Option.filter(Duration.decodeUnknown(text.replace(/(\d) ?([a-z])/, "$1 $2")), isWithin)
      : Option.none()
  const [least, most] = [written(Duration.decode(min)), written(Duration.decode(max))]
  const allowed = `a duration from ${least} to ${most}, such as "${written(Duration.decode(fallback))}"`
  const value = Duration.decode(fallback)
  return withFallback(name, { ...description, allowed, read }, value, written(value))
}

const listed = (options: ReadonlyArray<string>): string =>
  options.length === 1 ? `${options[0]}` : `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`

/** One of a few words. */
export const choice = <const A extends string>(
  name: string,
  {
    fallback,
    options,
    ...description
  }: Description & { readonly options: ReadonlyArray<A>; readonly fallback: NoInfer<A> }
): Variable<A> => {
  const read = (text: string) => Option.fromNullable(options.find((option) => option === text))
  return withFallback(name, { ...description, allowed: listed(options), read }, fallback, fallback)
}

/** Any text. */
export const text = (
  name: string,
  { fallback, ...description }: Description & { readonly fallback: string }
): Variable<string> =>
  withFallback(name, { ...description, allowed: "a text", read: Option.some }, fallback, fallback)

/** A text that is read in a way of its own; absent unless set. */
export const parsed = <A>(
  name: string,
  reading: Description & {
    /** Completes "must be". */
    readonly allowed: string
    readonly read: (text: string) => Option.Option<A>
    /** It is shown once it has been read, but what is refused may be so for a key in it, and is not. */
    readonly mayHoldKey?: boolean
  }
): Variable<A | undefined> => optional(name, reading)

/** A text that must not be seen; absent unless set. */
export const secret = (
  name: string,
  {
    read = Option.some,
    ...description
  }: Description & {
    readonly allowed: string
    readonly read?: (text: string) => Option.Option<string>
  }
): Variable<Redacted.Redacted<string> | undefined> =>
  optional(name, {
    ...description,
    isSecret: true,
    read: (text) => Option.map(read(text), (value) => Redacted.make(value))
  })

/** Characters of a token: far too many to be guessed, one try after another. */
const LEAST_TOKEN = 16

/** A secret that opens something to whoever presents it; absent unless set. */
export const token = (
  name: string,
  description: Description
): Variable<Redacted.Redacted<string> | undefined> =>
  secret(name, {
    ...description,
    allowed: `a secret of at least ${LEAST_TOKEN} characters`,
    read: Option.liftPredicate((text) => text.length >= LEAST_TOKEN)
  })
