import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Edge, parseConfig, type WorkerGroup } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { apacheGroup, nginxGroup } from './worker-group.ts'

const edgeWith = (test: readonly string[] | null) => ({ test }) as Edge

describe('the group of an engine’s workers', () => {
  test.each([
    ['Debian’s', 'user www-data;\nworker_processes auto;\n', 'www-data'],
    ['with a group of its own', '# configuration file /etc/nginx/nginx.conf:\nuser  nginx  web;\n', 'web'],
    ['in quotes', 'user "www-data";', 'www-data'],
    ['none in the configuration, one built in', 'configure arguments: --user=nginx --group=nginxes', 'nginxes'],
    ['a user built in', 'configure arguments: --user=nginx --with-threads', 'nginx'],
    ['only in a comment', '#user www-data;\n', null],
    ['of a directive that is none', 'http {\n  userid on;\n}', null],
  ])('nginx: %s', (_, output, expected) => expect(nginxGroup.read(output)).toBe(expected))

  test('Apache', () => {
    expect(apacheGroup.read('User: name="www-data" id=33\nGroup: name="www-data" id=33\n')).toBe('www-data')
    expect(apacheGroup.read('AH00526: Syntax error')).toBeNull()
  })

  test.each([
    [null, ['nginx', '-T']],
    [
      ['/usr/sbin/nginx', '-p', '/srv', '-t'],
      ['/usr/sbin/nginx', '-p', '/srv', '-T'],
    ],
    [['docker', 'exec', 'web', 'nginx', '-t'], undefined],
  ])('%j is asked by %j', (own, expected) => expect(nginxGroup.argv(edgeWith(own))[0]).toEqual(expected))
})

/** Asked as plan asks it, by root and of the package's own configuration. */
function saidBy({ argv, read }: WorkerGroup): string | null {
  for (const [program = '', ...args] of argv(edgeWith(null))) {
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    const group = read(stdout + stderr)
    if (group !== null) return group
  }
  return null
}

const hasDebians = (file: string) => process.getuid?.() === 0 && existsSync(file)
test.runIf(hasDebians('/etc/nginx/nginx.conf'))('Debian’s nginx says www-data', () =>
  expect(saidBy(nginxGroup)).toBe('www-data'),
)
test.runIf(hasDebians('/etc/apache2/apache2.conf'))('Debian’s Apache says www-data', () =>
  expect(saidBy(apacheGroup)).toBe('www-data'),
)

describe('gateway.group', () => {
  const withGroup = (group: string) => `
version: 1
edges: []
backends: []
vantages: []
gateway: { group: ${JSON.stringify(group)} }
`
  test('is a name', () => {
    expect(parseConfig(withGroup('www-data')).gateway.group).toBe('www-data')
    for (const wrong of ['', '-R', 'a b', 'a:b', '../x', 'x;y']) expect(() => parseConfig(withGroup(wrong))).toThrow()
  })
})
