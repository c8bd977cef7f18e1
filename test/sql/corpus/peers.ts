/** How another client judges a code, and where this one differs, why. */
export interface Peer {
  readonly peer: string
  readonly code: string
  readonly isRetryable: boolean
  readonly because: string
}

const npgsql = (
  "53000 53100 53200 53300 53400 57P03 58000 58030 40001 40P01 55P03 55006 08000 08003 08006 08001 " +
  "08004 08007 57P01 57P02 57P05"
).split(" ")

/** Npgsql `PostgresException.IsTransient`; AWS JDBC's network list; Neon's guide. */
const alike: ReadonlyArray<Peer> = [
  ...npgsql.map((code) => ({ peer: "Npgsql", code, isRetryable: true, because: "" })),
  ...["57P01", "57P02", "57P03", "08006"].map((code) => ({
    peer: "AWS JDBC",
    code,
    isRetryable: true,
    because: ""
  })),
  ...["57P01", "08006", "08003"].map((code) => ({
    peer: "Neon's guide",
    code,
    isRetryable: true,
    because: ""
  })),
  ...["53300", "57P03"].map((code) => ({ peer: "sqlx", code, isRetryable: true, because: "" }))
]

const otherwise: ReadonlyArray<Peer> = [
  ["Npgsql", "55000", "it is a sequence without a value or the like, and stays so"],
  ["AWS JDBC", "58P01", "it is a file that the statement names"],
  ["AWS JDBC", "F0000", "the server says so of a dictionary's file too"],
  ["AWS JDBC Multi-AZ", "28000", "a login that is refused is not the network"],
  ["AWS JDBC Multi-AZ", "XX000", "an internal error comes again"],
  ["HikariCP", "0A000", "only a changed plan passes, and that is told by its message"],
  ["Slonik", "40002", "a constraint that does not hold does not hold again"]
].map(([peer = "", code = "", because = ""]) => ({ peer, code, isRetryable: false, because }))

const never: ReadonlyArray<Peer> = (
  "28P01 28000 3D000 42601 42P01 42703 42501 22001 22P02 22012 23502 23503 23505 23514 23P01 0LP01 " +
  "25P02 25001 3F000 22023"
)
  .split(" ")
  .map((code) => ({ peer: "everybody", code, isRetryable: false, because: "" }))

export const peers: ReadonlyArray<Peer> = [...alike, ...otherwise, ...never]
