import { serialize } from "pg-protocol"

/** The answer to COPY ... FROM STDIN, which has no place here; without it the server would wait for ever. */
export const copyRefused: Buffer = serialize.copyFail("COPY from the client is not supported here")
