/** Pixels, with a tenth. */
const pixels = (value: number): string => String(Math.round(value * 10) / 10)

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

/** A rectangle by its upper left corner. */
export const rectangle = (
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  fill: string
): string => {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(pixels)
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`
}

/** A line of text that ends, or begins, at a point of its base line. */
export const text = (
  words: string,
  at: { readonly x: number; readonly y: number },
  style: { readonly fill: string; readonly anchor?: "start" | "end"; readonly rotate?: number }
): string => {
  const [x, y] = [pixels(at.x), pixels(at.y)]
  const turned = style.rotate === undefined ? "" : ` transform="rotate(${style.rotate} ${x} ${y})"`
  return `<text x="${x}" y="${y}" fill="${style.fill}" text-anchor="${style.anchor ?? "start"}"\
${turned}>${escaped(words)}</text>`
}

/** A picture of such a size, on white. */
export const svg = (
  {
    height,
    title,
    width
  }: { readonly width: number; readonly height: number; readonly title: string },
  shapes: ReadonlyArray<string>
): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${pixels(width)} ${pixels(height)}" \
font-family="system-ui, sans-serif" font-size="12" role="img">
<title>${escaped(title)}</title>
${[rectangle({ x: 0, y: 0, width, height }, "#ffffff"), ...shapes].join("\n")}
</svg>
`
