import { join } from "node:path"
import ts from "typescript"

const resolutions = {
  NodeNext: {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext
  },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }
}

/** How a project finds its modules. */
export type Resolution = keyof typeof resolutions

/**
 * Compiles files of a project, strictly, and answers with what the compiler objects to: in them, and
 * in every declaration of holdfast that they reach. It does not skip the check of libraries, but is
 * not asked about those of others.
 */
export const compile = (
  directory: string,
  files: ReadonlyArray<string>,
  resolution: Resolution
): ReadonlyArray<string> => {
  const options: ts.CompilerOptions = {
    ...resolutions[resolution],
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    typeRoots: [join(directory, "node_modules/@types")]
  }
  const host = ts.createCompilerHost(options)
  // Halves the time: the comments of Effect are most of its declarations.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseNone
  const rootNames = files.map((file) => join(directory, file))
  const program = ts.createProgram({ rootNames, options, host })
  const isOurs = ({ fileName }: ts.SourceFile) =>
    !fileName.includes("/node_modules/") || fileName.includes("/node_modules/holdfast/")
  const ours = program.getSourceFiles().filter((file) => isOurs(file))
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...ours.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file)
    ])
  ]
  for (const file of ours) if (!file.isDeclarationFile) program.emit(file)
  return diagnostics.map(({ file, messageText }) =>
    `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`.trim()
  )
}
