import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksOf } from '@lockgate/checks'
import { builtStages } from '@lockgate/stages'
import { expect, it } from 'vitest'
import { must } from '../lab/index.ts'
import { root } from './workspaces.ts'

const readme = (folder: string): string => readFileSync(join(root, folder, 'README.md'), 'utf8')

it('packages/checks says of every check how often it is made, in the order of the list', () => {
  const rows = [...readme('packages/checks').matchAll(/^\| ([a-z0-9-]+) \| .* \| per (vantage|backend)\b.* \|$/gm)]
  const checks = builtStages.flatMap((stage) => checksOf(stage))
  expect(rows.map(([, id, per]) => [id, per])).toEqual(checks.map(({ id, per }) => [id.replace(/^\w+\./, ''), per]))
})

it('apps/cli has a row for every command, and for none that is not there', async () => {
  const help = await must(['./lockgate', '--help', '--no-color'], { cwd: root })
  const listed = help.split('Commands:')[1]?.matchAll(/^ {2}([a-z-]+)/gm) ?? []
  const later = ['policy', 'pki', 'device', 'help']
  const built = [...listed].map(([, name]) => name as string).filter((name) => !later.includes(name))
  const [, table = ''] = readme('apps/cli').split('|---|---|')
  const rows = (table.split('\n\n')[0] ?? '').split('\n').map((row) => row.split(' | ')[0] ?? '')
  const named = rows.flatMap((row) => [...row.matchAll(/`([a-z-]+)/g)].map(([, name]) => name as string))
  expect(new Set(named.filter((name) => name !== 'lockgate'))).toEqual(new Set(built))
})
