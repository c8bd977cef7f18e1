/** What a process printed of the error that ended it: the first line that begins with an error. */
export const reasonOf = (said: string, ending: string): string =>
  said.split("\n").find((line) => /^(?:Uncaught )?\w*(?:Error|error)\b.*:/.test(line)) ?? ending
