declare module "pg/lib/utils.js" {
  /** A JavaScript value as the text or the bytes in which the server takes a parameter. */
  export const prepareValue: (value: unknown) => string | Buffer | null
}
