import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from '../../contract/support/documents.ts'
import type { Block } from '../../contract/support/markdown.ts'

/** Where a block that is part of the repository would stand: documents show tests of the kernel suite. */
const FOLDER = join(ROOT, 'test/kernel')

/** What the compiler says of blocks of TypeScript as if they were files of test/kernel. */
export function typeErrors(blocks: readonly Block[]): string[] {
  const files = new Map(blocks.map((block) => [nameOf(block), block.text]))
  const options = optionsOf(join(ROOT, 'test/tsconfig.json'))
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (name) => files.has(name) || host.fileExists(name),
    readFile: (name) => files.get(name) ?? host.readFile(name),
    getSourceFile: (name, version, ...rest) => {
      const text = files.get(name)
      return text === undefined
        ? host.getSourceFile(name, version, ...rest)
        : ts.createSourceFile(name, text, version)
    },
  })
  const found = [...files.keys()].flatMap((name) => diagnostics(program, name))
  return found.map((one) => ts.formatDiagnostic(one, { ...host, getCanonicalFileName: (name) => name }))
}

function diagnostics(program: ts.Program, name: string): readonly ts.Diagnostic[] {
  const file = program.getSourceFile(name)
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
}

function nameOf({ file, line }: Block): string {
  return join(FOLDER, `${file.replaceAll(/\W/g, '-')}-${line}.ktest.ts`)
}

function optionsOf(path: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path, ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, 'test')).options
}
