/** Milliseconds for people: whole ones below a second, else seconds with a tenth. */
export const span = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(1)} s`
