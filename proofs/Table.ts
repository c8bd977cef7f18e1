type Row = ReadonlyArray<string | number>

const line = (cells: Row): string => `| ${cells.join(" | ")} |`

/** A Markdown table: its first column reads from the left, the others are numbers. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<Row>): string => {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"))
  return [line(head), line(rule), ...rows.map(line)].join("\n")
}
