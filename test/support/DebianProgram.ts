import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

const folders = (process.env.PATH ?? "").split(delimiter)

/** A program that others wrote, by which tests judge ours. */
export interface DebianProgram {
  /** What it prints for this input; throws, with what it complains of, when it fails. */
  readonly run: (args: ReadonlyArray<string>, input: string | Uint8Array) => string
  /** Tests that need it are skipped where it is missing, but in CI: there they run, and fail. */
  readonly isSkipped: boolean
  /** The title of such a test, which says how to install it. */
  readonly title: (title: string) => string
}

/** The program of this name, which a package of Debian has. */
export const debianProgram = (name: string, aptPackage: string): DebianProgram => {
  const file = folders.map((folder) => join(folder, name)).find(existsSync)
  const isSkipped = file === undefined && !process.env.CI
  const missing = `${name} is not installed: \`apt-get install ${aptPackage}\``
  return {
    run: (args, input) => {
      if (file === undefined) throw new Error(missing)
      return execFileSync(file, args, { input, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    },
    isSkipped,
    title: (title) => (isSkipped ? `${title} (${missing})` : title)
  }
}
