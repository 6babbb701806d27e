import type { Via } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { connectionKey, sshAddress, viaKey, viaLabel } from './via-name.ts'

const names: readonly (readonly [Via, string, string])[] = [
  ['local', 'local', 'local'],
  [{ netns: 'users' }, 'netns:users', 'netns:users'],
  [{ files: './out/' }, 'files:./out/', 'files:out'],
  [{ files: 'out' }, 'files:out', 'files:out'],
  [{ ssh: 'ops@10.20.0.11' }, 'ssh:ops@10.20.0.11', 'ssh:[10.20.0.11]:22'],
  [{ ssh: 'root@10.20.0.11', port: 22 }, 'ssh:root@10.20.0.11', 'ssh:[10.20.0.11]:22'],
  [{ ssh: 'Host.acme.test', port: 2222 }, 'ssh:Host.acme.test:2222', 'ssh:[host.acme.test]:2222'],
  [{ ssh: 'ops@[fd00::1]' }, 'ssh:ops@[fd00::1]', 'ssh:[fd00::1]:22'],
  [{ ssh: 'ops@h', jump: 'j@gate:2200' }, 'ssh:ops@h', 'ssh:[h]:22 via gate:2200'],
]

describe('via', () => {
  test.each(names)('%j has the label %s and the key %s', (via, label, key) => {
    expect(viaLabel(via)).toBe(label)
    expect(viaKey(via)).toBe(key)
  })

  test.each([
    ['ops@h:2222', { user: 'ops', host: 'h', port: 2222 }],
    ['h', { user: null, host: 'h', port: null }],
    ['ops@[fd00::1]', { user: 'ops', host: 'fd00::1', port: null }],
    ['ops@fd00::1', { user: 'ops', host: 'fd00::1', port: null }],
    ['[fd00::1]:2222', { user: null, host: 'fd00::1', port: 2222 }],
  ])('%s is taken apart', (text, parts) => {
    expect(sshAddress(text)).toEqual(parts)
  })

  test('one host with other rights is the same host and another connection', () => {
    expect(viaKey({ ssh: 'a@h', sudo: true })).toBe(viaKey({ ssh: 'b@h' }))
    expect(connectionKey({ ssh: 'a@h', sudo: true })).not.toBe(connectionKey({ ssh: 'a@h' }))
    expect(connectionKey({ ssh: 'a@h' })).not.toBe(connectionKey({ ssh: 'b@h' }))
    expect(connectionKey('local')).toBe('local')
  })
})
