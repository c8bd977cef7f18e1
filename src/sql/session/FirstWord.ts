const blank = /[\s(]*/y

const word = /[a-z]+/iy

/** Where a comment ends that begins at `from`; they nest. */
const commentEnd = (text: string, from: number): number => {
  const mark = /\/\*|\*\//g
  mark.lastIndex = from
  let depth = 0
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return text.length
}

const lineEnd = (text: string, from: number): number => {
  const at = text.indexOf("\n", from)
  return at === -1 ? text.length : at + 1
}

/** Where the first word begins, behind blanks, parentheses and comments. */
const start = (text: string): number => {
  for (let at = 0; ; ) {
    blank.lastIndex = at
    blank.exec(text)
    at = blank.lastIndex
    if (text.startsWith("--", at)) at = lineEnd(text, at)
    else if (text.startsWith("/*", at)) at = commentEnd(text, at)
    else return at
  }
}

/** The first word of a statement in lower case, and what follows it; empty if there is none. */
export const firstWord = (text: string): readonly [word: string, rest: string] => {
  word.lastIndex = start(text)
  const found = word.exec(text)
  return found === null ? ["", text] : [found[0].toLowerCase(), text.slice(word.lastIndex)]
}
