/**
 * How a connection is dropped.
 *
 * - `"close"`: the client gets an orderly end (FIN), as from a server that closes politely.
 * - `"terminate"`: the same, behind the words of a server that is shut down (FATAL 57P01). They are
 *   left out in the middle of a message, and where the stream is encrypted.
 * - `"reset"`: both sides get an RST.
 * - `"forget"`: nobody tells the client, whose next byte is answered with RST, as by a NAT that
 *   forgot an idle connection.
 * - `"blackhole"`: nobody tells anybody, and every byte from either side is swallowed.
 */
export type Drop = "close" | "terminate" | "reset" | "forget" | "blackhole"
