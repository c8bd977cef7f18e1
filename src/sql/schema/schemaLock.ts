/**
 * The key of the advisory lock under which a schema is created or changed: "holdfast" in ASCII, as the
 * 64-bit number that its bytes spell. The same in every version, so that none does it beside another.
 */
export const schemaLock = "7525352680829580148"
