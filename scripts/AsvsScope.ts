/** The requirements of OWASP ASVS 5.0 that this service could be held against, by level. */
export const requirements: Readonly<Record<1 | 2 | 3, ReadonlyArray<string>>> = {
  1: [
    ...["3.3.1"],
    ...["6.1.1", "6.2.1", "6.2.2", "6.2.3", "6.2.4", "6.2.5", "6.2.6", "6.2.7", "6.2.8"],
    ...["6.3.1", "6.3.2", "6.4.1", "6.4.2"],
    ...["7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.4.1", "7.4.2"]
  ],
  2: [
    ...["3.3.2", "3.3.3", "3.3.4"],
    ...["6.1.2", "6.1.3", "6.2.9", "6.2.10", "6.2.11", "6.2.12", "6.3.3", "6.3.4"],
    ...["6.4.3", "6.4.4", "6.5.1", "6.5.2", "6.5.3", "6.5.4", "6.5.5", "6.6.1", "6.6.2", "6.6.3"],
    ...["6.8.1", "6.8.2", "6.8.3", "6.8.4"],
    ...["7.1.1", "7.1.2", "7.1.3", "7.3.1", "7.3.2", "7.4.3", "7.4.4", "7.4.5", "7.5.1", "7.5.2"],
    ...["7.6.1", "7.6.2"],
    ...["16.1.1", "16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5"],
    ...["16.3.1", "16.3.2", "16.3.3", "16.3.4", "16.4.1", "16.4.2", "16.4.3"],
    ...["16.5.1", "16.5.2", "16.5.3"]
  ],
  // Not all of level 3: those that are held.
  3: ["3.3.5", "6.3.7", "6.3.8"]
}

const noPages = "The service has no pages: this is for the front end that calls it."
const noFactors = "There is one factor, a password."
const noProviders = "Nobody signs in with another service's account."

/** Requirements that are not held by the service, each with the reason. */
export const outOfScope: Readonly<Record<string, string>> = {
  "6.2.6": noPages,
  "6.2.7": noPages,
  "6.3.3":
    "Not met: a password is the only factor. Who needs a second one puts the service behind something that has it.",
  "6.4.4": noFactors,
  "6.5.5":
    "It limits second factors to 10 minutes. The tokens of letters are none: they sign nobody in, and live an hour (reset) or a day (proof).",
  "6.6.1": "Nothing is sent by phone.",
  "6.8.1": noProviders,
  "6.8.2": noProviders,
  "6.8.3": noProviders,
  "6.8.4": noProviders,
  "7.1.3": noProviders,
  "7.4.4": noPages,
  "7.6.1": noProviders,
  "16.4.2": "Who may read the output and the database is decided where the service is deployed.",
  "16.4.3": "Where the output is sent is decided where the service is deployed."
}

/** Requirements that are held only in part, or only if whoever deploys the service does their part. */
export const remarks: Readonly<Record<string, string>> = {
  "6.2.11": "The list is whoever's who deploys it, given as `BreachedPasswords`; none by default.",
  "6.2.12": "`PASSWORD_BREACH_CHECK=haveibeenpwned`; off by default.",
  "6.3.8": "With `AUTH_SIGN_UP=verify-first`. Messages and codes: time is measured apart.",
  "7.4.5": "In SQL: there is no administration over HTTP.",
  "7.5.2": "Ending a session asks for no password again, which the requirement wants."
}
