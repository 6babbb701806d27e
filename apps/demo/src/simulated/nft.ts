/** The program `nft` of a place of the simulated network: keeps the place's one table in a file. */
import { readFileSync, rmSync } from 'node:fs'
import { unknownRule } from './packet-filter.ts'
import { placeVariable, readIfThere, readWorld, tableFile, type World, worldVariable, writeWhole } from './world.ts'

/** The table as the last of the statements leave it: its text, `gone`, or null where they say nothing of it. */
function tableIn(text: string): string | 'gone' | null {
  const plain = text.replace(/^\s*#.*$/gm, '')
  const last = plain.lastIndexOf('table inet lockgate {\n')
  const deleted = plain.lastIndexOf('delete table inet lockgate')
  if (last >= 0 && last > deleted) return plain.slice(last).trimEnd()
  return deleted >= 0 ? 'gone' : null
}

/** Files that statements include are put in their place. */
const spelledOut = (statements: string): string =>
  statements.replace(/include "([^"]+)"/g, (_, file: string) => readFileSync(file, 'utf8'))

function load(world: World, place: string, statements: string, onlyCheck: boolean): number {
  const table = tableIn(spelledOut(statements))
  if (table === null) return fail('nothing about the table inet lockgate')
  const unknown = table === 'gone' ? null : unknownRule(table)
  if (unknown !== null) return fail(`unknown rule: ${unknown}`)
  if (onlyCheck) return 0
  if (table === 'gone') rmSync(tableFile(world, place), { force: true })
  else writeWhole(tableFile(world, place), `${table}\n`)
  return 0
}

function list(world: World, place: string, asJson: boolean): number {
  const table = readIfThere(tableFile(world, place))
  if (asJson) process.stdout.write('{"nftables":[]}\n')
  else if (table === null) return fail('No such file or directory')
  else process.stdout.write(table)
  return 0
}

function fail(because: string): number {
  process.stderr.write(`Error: ${because}\n`)
  return 1
}

function main(args: readonly string[]): number {
  const { [worldVariable]: folder = '', [placeVariable]: place = '' } = process.env
  const world = readWorld(folder)
  if (!world) return fail(`no simulated network in ${folder}`)
  const words = args.filter((one) => !one.startsWith('-'))
  if (words[0] === 'list') return list(world, place, args.includes('-j'))
  const statements = args.includes('-f') ? readFileSync(words[0] === undefined ? 0 : words[0], 'utf8') : words.join(' ')
  return load(world, place, statements, args.includes('-c'))
}

process.exitCode = main(process.argv.slice(2))
