import { type ConfigError, Data } from "effect"

/** Values of the environment are not as they must be. The message names all of them. */
export class SettingsInvalid extends Data.TaggedError("SettingsInvalid")<{
  readonly message: string
  /** One clause for each variable that is wrong: its name first, never a secret value. */
  readonly problems: ReadonlyArray<string>
}> {}

const problemsOf = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  switch (error._op) {
    case "And":
    case "Or":
      return [...problemsOf(error.left), ...problemsOf(error.right)]
    default:
      return [`${error.path.join("_")} ${error.message}`]
  }
}

/** All that is wrong, in one error. */
export const fromProblems = (problems: ReadonlyArray<string>): SettingsInvalid =>
  new SettingsInvalid({
    message: `The environment can't be used: ${problems.join("; ")}. .env.example says what each variable means.`,
    problems
  })

/** The same for what can't be read. */
export const fromConfigError = (error: ConfigError.ConfigError): SettingsInvalid =>
  fromProblems(problemsOf(error))
