/** Compares values with the types that src/records/ declares, as read by the compiler. */

import { join } from 'node:path'

import ts from 'typescript'

import { root } from '../../scripts/paths.mjs'

const file = join(root, 'src', 'records', 'index.ts')
const program = ts.createProgram([file], {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  strict: true,
  types: [],
})
const checker = program.getTypeChecker()
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)

/** The differences between `value` and the type `name`: undeclared keys, missing keys, values of another kind. */
export function faults(name: string, value: unknown): string[] {
  const symbol = exported.find(candidate => candidate.name === name)
  if (symbol === undefined) return [`src/records/ has no type ${name}`]
  return differences(checker.getDeclaredTypeOfSymbol(symbol), value, name)
}

function differences(type: ts.Type, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) {
    return holds(type, value) ? [] : [`${path}: ${checker.typeToString(type)} does not hold ${JSON.stringify(value)}`]
  }
  const object = ts.TypeFlags.Object | ts.TypeFlags.Intersection
  const candidates = members(type).filter(member => member.flags & object && isRecordOf(member, value))
  const each = candidates.map(declared => differencesOf(declared, value, path)).sort((a, b) => a.length - b.length)
  return each[0] ?? [`${path}: ${checker.typeToString(type)} has no ${JSON.stringify(value)}`]
}

/** The differences between an object or a list and one type, which is no union. */
function differencesOf(declared: ts.Type, value: object, path: string): string[] {
  const item = checker.getIndexTypeOfType(declared, ts.IndexKind.Number)
  if (Array.isArray(value) && item !== undefined) {
    return value.flatMap((element, index) => differences(item, element, `${path}[${index}]`))
  }
  const properties = new Map(checker.getPropertiesOfType(declared).map(property => [property.name, property]))
  // The type of every entry of a `Record<string, ...>`.
  const entry = checker.getIndexTypeOfType(declared, ts.IndexKind.String)
  const absent = [...properties.values()].filter(
    property => !(property.flags & ts.SymbolFlags.Optional) && !Object.hasOwn(value, property.name),
  )
  return [
    ...absent.map(property => `${path}.${property.name} is missing`),
    ...Object.entries(value).flatMap(([key, content]) => {
      const property = properties.get(key)
      const kind = property === undefined ? entry : checker.getTypeOfSymbol(property)
      return kind === undefined ? [`${path}.${key} is not declared`] : differences(kind, content, `${path}.${key}`)
    }),
  ]
}

function members(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type]
}

/** Whether `type` is the member of a union that matches the `type` field of `value`. */
function isRecordOf(type: ts.Type, value: object): boolean {
  const tag = checker.getPropertyOfType(type, 'type')
  if (tag === undefined || !('type' in value)) return true
  const literal = checker.getTypeOfSymbol(tag)
  return !literal.isStringLiteral() || literal.value === value.type
}

/** Whether `type` includes the text, number, boolean or null `value`. */
function holds(type: ts.Type, value: unknown): boolean {
  return members(type).some(member => {
    if (member.isLiteral()) return member.value === value
    if (value === null) return (member.flags & ts.TypeFlags.Null) !== 0
    if (typeof value === 'string') return (member.flags & ts.TypeFlags.String) !== 0
    if (typeof value === 'number') return (member.flags & ts.TypeFlags.Number) !== 0
    return typeof value === 'boolean' && checker.typeToString(member) === String(value)
  })
}
