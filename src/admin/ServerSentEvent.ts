const encoder = new TextEncoder()

/**
 * An event as the EventSource of a browser reads it (HTML, 9.2.6). JSON has no line breaks, so that the
 * data is one line.
 */
export const serverSentEvent = (name: string, id: string, data: unknown): Uint8Array =>
  encoder.encode(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)

/** How long a browser waits before it connects again, in milliseconds. */
export const retryAfter = (millis: number): Uint8Array => encoder.encode(`retry: ${millis}\n\n`)
