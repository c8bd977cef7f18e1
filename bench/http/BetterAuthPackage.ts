import { existsSync, readFileSync } from "node:fs"

const example = new URL("../../examples/better-auth/", import.meta.url)

const description = new URL("node_modules/better-auth/package.json", example)

/** How to have better-auth take part. */
export const howToInstall = "npm ci --prefix examples/better-auth"

/** The version that is installed beside its example; undefined: none is. */
export const installedBetterAuth = (): string | undefined =>
  existsSync(description)
    ? String(JSON.parse(readFileSync(description, "utf8")).version)
    : undefined
