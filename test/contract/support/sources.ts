import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const PACKAGES = fileURLToPath(new URL('../../../packages/', import.meta.url))
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])

/** Every node of every source file of some packages. */
export function* nodes(...packages: readonly string[]): Generator<ts.Node> {
  for (const name of packages) {
    const folder = join(PACKAGES, name, 'src')
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts')) continue
      const text = readFileSync(join(folder, path), 'utf8')
      yield* below(ts.createSourceFile(join(name, 'src', path), text, ts.ScriptTarget.ES2023, true))
    }
  }
}

/** Every string literal that matches. */
export function literals(shape: RegExp, ...packages: readonly string[]): Set<string> {
  const found = [...nodes(...packages)].flatMap((node) => (ts.isStringLiteral(node) ? [node.text] : []))
  return new Set(found.filter((text) => shape.test(text)))
}

/** Every string literal inside the declarations of a name: a type, a property of a type, a constant. */
export function literalsOf(name: string, ...packages: readonly string[]): Set<string> {
  const declared = [...nodes(...packages)].filter(
    (node) =>
      (ts.isTypeAliasDeclaration(node) || ts.isPropertySignature(node) || ts.isVariableDeclaration(node)) &&
      node.name.getText() === name,
  )
  const inside = declared.flatMap((node) => [...below(node)])
  return new Set(inside.flatMap((node) => (ts.isStringLiteral(node) ? [node.text] : [])))
}

/** The class of each error code that a class declares as its own: `readonly code = 'ERR_...'`. */
export function codeClasses(...packages: readonly string[]): Map<string, string> {
  const found = [...nodes(...packages)].flatMap((node) => {
    if (!ts.isPropertyDeclaration(node) || node.name.getText() !== 'code') return []
    const { initializer, parent } = node
    return initializer && ts.isStringLiteral(initializer)
      ? [[initializer.text, parent.name?.getText() ?? ''] as const]
      : []
  })
  return new Map(found)
}

/** The variables of the environment that are read. */
export function variables(...packages: readonly string[]): Set<string> {
  const found = [...nodes(...packages)].flatMap((node) =>
    ts.isElementAccessExpression(node) && node.expression.getText() === 'process.env'
      ? [node.argumentExpression.getText().replaceAll("'", '')]
      : [],
  )
  return new Set(found)
}

/** One call that writes a record. */
export interface LogCall {
  readonly where: string
  readonly level: string
  /** Undefined when it is not a constant. */
  readonly message: string | undefined
  /** The fields that can be read off the call; `undefined` as a value takes a field away. */
  readonly fields: readonly string[]
}

/** Every call such as `log.info({ field }, 'message')`. */
export function logCalls(...packages: readonly string[]): LogCall[] {
  return [...nodes(...packages)].flatMap((node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
    const { expression: log, name } = node.expression
    if (!/(^|[.#])log$/i.test(log.getText()) || !LEVELS.has(name.text)) return []
    const [fields, message] = node.arguments
    const line = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1
    return [
      {
        where: `${node.getSourceFile().fileName}:${line}`,
        level: name.text,
        message: message && ts.isStringLiteral(message) ? message.text : undefined,
        fields: fields && ts.isObjectLiteralExpression(fields) ? fields.properties.flatMap(fieldOf) : [],
      },
    ]
  })
}

function fieldOf(property: ts.ObjectLiteralElementLike): string[] {
  if (property.name === undefined) return []
  const absent = ts.isPropertyAssignment(property) && property.initializer.getText() === 'undefined'
  return absent ? [] : [property.name.getText()]
}

function* below(node: ts.Node): Generator<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield* below(child)
}
