/** What a process printed of the error that ended it: the first line that names an error. */
export const reasonOf = (said: string, ending: string): string => {
  const lines = said.split("\n").filter((line) => !line.startsWith("listener: "))
  return lines.find((line) => /^(?:Uncaught )?\w*(?:Error|error)\b.*:/.test(line))?.trim() ?? ending
}
