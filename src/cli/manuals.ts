import type { Manual } from "./Manual.ts"

const url = [
  "--url <address>",
  "The database, instead of the one in the environment. Other users of this machine see arguments in its list of processes: prefer the environment where the address holds a password."
] as const

const json = ["--json", "Print one JSON document instead of sentences."] as const

const root: Manual = {
  name: "",
  summary: "a sign-up and session service that survives serverless databases",
  text: ["`holdfast <command> --help` tells more of one command."],
  options: [["--version", "Show the version."]]
}

const serve: Manual = {
  name: "serve",
  summary: "Run the service until it is told to end.",
  text: [
    "It is configured by the environment alone; README.md lists all that can be set. SIGTERM and Ctrl-C let it finish the requests that are under way. Without a database, outside production, it starts an embedded one."
  ],
  options: []
}

const migrate: Manual = {
  name: "migrate",
  summary: "Bring the database to the schema of this version.",
  text: [
    "Safe to run from every instance at once: one migrates, the others wait for it. Either all steps are applied or none is. Tables that schema.sql or an earlier version has made are taken over. What a later version has applied is left alone: steps only add."
  ],
  options: [["--check", "Only say what is pending, and end with 1 if something is."], json, url]
}

const check: Manual = {
  name: "check",
  summary: "Diagnose the way to a database and its limits, with advice.",
  text: [
    "It looks up the name, connects, and logs in, and tells the step that fails. Then it looks at TLS, poolers in between, the round trip, the version, permissions, limits and timeouts, and at the migrations that are pending. It changes nothing, and never shows the password.",
    "A problem ends it with 1; a warning does not."
  ],
  options: [
    ["--instances <number>", "How many instances of the service run at once. Default 1."],
    json,
    url
  ]
}

const sessions: Manual = {
  name: "sessions",
  summary: "Look after the sessions of those who are signed in.",
  text: [],
  options: []
}

const prune: Manual = {
  name: "sessions prune",
  summary: "Delete what has expired.",
  text: [
    "Sessions and tokens that ended more than a day ago, and counts of attempts that limit nothing any more, in small batches. It may be stopped at any moment, and any number may run at once. SESSION_IDLE must be set as for the service."
  ],
  options: [json, url]
}

/** All commands, in the order in which they are listed. */
export const manuals: ReadonlyArray<Manual> = [root, serve, migrate, check, sessions, prune]
