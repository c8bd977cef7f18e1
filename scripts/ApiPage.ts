import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const root = fileURLToPath(new URL("../", import.meta.url))

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string } | string>>
}

/** What can be imported, and the source that it was compiled from. */
const entries = (): ReadonlyArray<readonly [string, string]> => {
  const manifest: Manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"))
  return Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === "string"
      ? []
      : [
          [
            path.replace(/^\./, "holdfast"),
            root + target.types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts")
          ] as const
        ]
  )
}

const programOf = (files: ReadonlyArray<string>): ts.Program => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  return ts.createProgram([...files], { ...options, plugins: [] })
}

const kinds: ReadonlyArray<readonly [ts.SymbolFlags, string]> = [
  [ts.SymbolFlags.Class, "class"],
  [ts.SymbolFlags.ValueModule, "module"],
  [ts.SymbolFlags.Function | ts.SymbolFlags.Method, "function"],
  [ts.SymbolFlags.Interface, "interface"],
  [ts.SymbolFlags.Variable | ts.SymbolFlags.Property, "value"],
  [ts.SymbolFlags.TypeAlias, "type"]
]

const kindOf = ({ flags }: ts.Symbol): string =>
  kinds.find(([flag]) => (flags & flag) !== 0)?.[1] ?? "value"

/** Sorted, so that the list changes only with what is exported. */
const byName = (symbols: ReadonlyArray<ts.Symbol>): ReadonlyArray<ts.Symbol> =>
  symbols.toSorted((one, other) => (one.name < other.name ? -1 : 1))

class Reader {
  private readonly checker: ts.TypeChecker

  constructor(checker: ts.TypeChecker) {
    this.checker = checker
  }

  /** The lines of one entry. */
  entry(source: ts.SourceFile): ReadonlyArray<string> {
    const exported = this.exportsOf(this.checker.getSymbolAtLocation(source))
    return exported.flatMap((symbol) => this.lines(symbol, ""))
  }

  private exportsOf(module: ts.Symbol | undefined): ReadonlyArray<ts.Symbol> {
    return module === undefined ? [] : byName(this.checker.getExportsOfModule(module))
  }

  private lines(exported: ts.Symbol, indent: string): ReadonlyArray<string> {
    const symbol = this.original(exported)
    const line = `${indent}- \`${exported.name}\` (${this.kind(symbol)})${this.sentence(symbol)}`
    if (indent !== "" || this.isForeign(symbol)) return [line]
    return [line, ...this.members(symbol).flatMap((member) => this.lines(member, "  "))]
  }

  private original(symbol: ts.Symbol): ts.Symbol {
    return (symbol.flags & ts.SymbolFlags.Alias) === 0
      ? symbol
      : this.checker.getAliasedSymbol(symbol)
  }

  /** The package of somebody else's, which tells of it. */
  private ownerOf({ declarations = [] }: ts.Symbol): string | undefined {
    const file = declarations[0]?.getSourceFile().fileName ?? ""
    return /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(file)?.[1]
  }

  private isForeign(symbol: ts.Symbol): boolean {
    return this.ownerOf(symbol) !== undefined
  }

  private kind(symbol: ts.Symbol): string {
    const declaration = symbol.valueDeclaration
    if (declaration === undefined || (symbol.flags & ts.SymbolFlags.Class) !== 0) {
      return kindOf(symbol)
    }
    const type = this.checker.getTypeOfSymbolAtLocation(symbol, declaration)
    return type.getCallSignatures().length > 0 ? "function" : kindOf(symbol)
  }

  private sentence(symbol: ts.Symbol): string {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.checker))
    const [first = ""] = text
      .replace(/\{@link ([^}]*?) *\}/g, "`$1`")
      .replace(/\s+/g, " ")
      .split(/(?<=\.)\s/)
    if (first !== "") return `: ${first}`
    const owner = this.ownerOf(symbol)
    return owner === undefined ? "" : `: as in \`${owner}\`.`
  }

  /** Of a module what it exports, of a class what stands on it by name, of a service its methods. */
  private members(symbol: ts.Symbol): ReadonlyArray<ts.Symbol> {
    if ((symbol.flags & ts.SymbolFlags.ValueModule) !== 0) return this.exportsOf(symbol)
    const declaration = symbol.valueDeclaration
    if (declaration === undefined || !ts.isClassDeclaration(declaration)) return []
    const own = [...(symbol.exports?.values() ?? [])].filter(({ name }) => name !== "prototype")
    return [...byName(own), ...this.methods(symbol, declaration)]
  }

  private methods(symbol: ts.Symbol, declaration: ts.Declaration): ReadonlyArray<ts.Symbol> {
    const statics = this.checker.getTypeOfSymbolAtLocation(symbol, declaration)
    const service = statics.getProperty("Service")
    if (service === undefined) return []
    const type = this.checker.getTypeOfSymbolAtLocation(service, declaration)
    return byName(type.getProperties().filter((property) => !this.isForeign(property)))
  }
}

/** The whole of docs/api.md. */
export const page = (): string => {
  const listed = entries()
  const program = programOf(listed.map(([, file]) => file))
  const reader = new Reader(program.getTypeChecker())
  const seen = new Map<string, string>()
  const lines = listed.flatMap(([path, file]) => {
    const source = program.getSourceFile(file)
    if (source === undefined) return []
    const entry = reader.entry(source)
    const same = seen.get(entry.join("\n"))
    seen.set(entry.join("\n"), path)
    return ["", `## ${path}`, "", ...(same === undefined ? entry : [`The same as \`${same}\`.`])]
  })
  return [
    "# The public surface",
    "",
    "Everything that can be imported, with the first sentence of its documentation. Written by `npm run api`;",
    "a change of this list is a change of the contract.",
    ...lines,
    ""
  ].join("\n")
}
