import { Option, type ParseResult, SchemaAST } from "effect"
import type { FieldIssue } from "./ApiError.ts"

type Path = ReadonlyArray<PropertyKey>

/**
 * Lists what is wrong with which field, and never what was sent.
 *
 * Effect's own formatters print the value (`actual "TestPass123"`). Here a sentence comes from the
 * schema's author (a `message` annotation, or the text a filter or transformation failed with), who
 * must not quote the value either; without one it is as general as `is not valid`. A field of `""`
 * is the body as a whole.
 */
export const fieldIssues = (issue: ParseResult.ParseIssue): ReadonlyArray<FieldIssue> =>
  collect(issue, [])

const collect = (issue: ParseResult.ParseIssue, path: Path): ReadonlyArray<FieldIssue> => {
  switch (issue._tag) {
    case "Pointer":
      return collect(issue.issue, path.concat(issue.path))
    case "Composite":
      return [issue.issues].flat().flatMap((inner) => collect(inner, path))
    case "Refinement":
      return issue.kind === "From" ? collect(issue.issue, path) : [worded(issue, path)]
    case "Transformation":
      return issue.kind === "Transformation" ? [worded(issue, path)] : collect(issue.issue, path)
    case "Missing":
      return [{ field: path.join("."), message: "is missing" }]
    case "Type":
    case "Forbidden":
    case "Unexpected":
      return [worded(issue, path)]
  }
}

type Worded = Exclude<
  ParseResult.ParseIssue,
  ParseResult.Pointer | ParseResult.Composite | ParseResult.Missing
>

const worded = (issue: Worded, path: Path): FieldIssue => ({
  field: path.join("."),
  message: Option.getOrElse(annotated(issue), () => given(issue) ?? fallback(path))
})

const annotated = (issue: Worded): Option.Option<string> =>
  issue._tag === "Unexpected"
    ? Option.none()
    : SchemaAST.getMessageAnnotation(issue.ast).pipe(
        Option.map((message) => message(issue)),
        Option.map((message) =>
          typeof message === "object" && "override" in message ? message.message : message
        ),
        Option.filter((message) => typeof message === "string")
      )

const given = (issue: Worded): string | undefined => {
  const inner = "issue" in issue ? issue.issue : issue
  return "message" in inner ? inner.message : undefined
}

const fallback = (path: Path): string =>
  path.length === 0 ? "must be a JSON object" : "is not valid"
