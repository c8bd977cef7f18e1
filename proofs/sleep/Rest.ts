/** How a pool comes to rest, and what its server does then. */
export interface Rest {
  readonly name: string
  /** The minimum of its connections; where none is given, the default. */
  readonly min?: number
  /** Ten statements at the same time before it rests. */
  readonly hasWorked: boolean
  /** The server ends its connections as soon as it rests: by its backends, or without a word. */
  readonly ending?: "terminated" | "closed"
}

/** Those whose server lets them rest. */
export const undisturbed: ReadonlyArray<Rest> = [
  { name: "default configuration, new", hasWorked: false },
  { name: "a minimum of 5, new", min: 5, hasWorked: false },
  { name: "default configuration, after ten statements at once", hasWorked: true },
  { name: "a minimum of 5, after ten statements at once", min: 5, hasWorked: true }
]

/** Those whose server goes to sleep, and takes their connections with it. */
export const abandoned: ReadonlyArray<Rest> = [
  {
    name: "a minimum of 5, and the server says goodbye (57P01)",
    min: 5,
    hasWorked: false,
    ending: "terminated"
  },
  {
    name: "a minimum of 5, after ten statements at once, and the server says goodbye",
    min: 5,
    hasWorked: true,
    ending: "terminated"
  },
  {
    name: "a minimum of 5, and the connections are closed (FIN)",
    min: 5,
    hasWorked: false,
    ending: "closed"
  }
]
