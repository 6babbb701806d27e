/** What the Apache plane writes, as text. */
import { digest, digestText, type EdgeModel, features } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { expectGolden } from '../../test/golden.ts'
import { goldenModel, printFiles } from '../../test/planes-model.ts'
import { apache } from './apache.ts'
import { operatorListeners } from './listeners.ts'

const golden = (name: string) => new URL(`testdata/${name}`, import.meta.url)
const render = (edge: Readonly<Record<string, unknown>> = {}, version: string | null = '2.4.71', count = 3) =>
  apache.render(goldenModel('apache', edge, count), version)

test('writes whole virtual hosts', () => expectGolden(golden('ours.conf'), printFiles(render().target.files)))

test('writes snippets for hand-written virtual hosts', () =>
  expectGolden(golden('theirs.conf'), printFiles(render({ vhosts: 'theirs' }).target.files)))

test('is the same for the same model', () => expect(render()).toEqual(render()))

test('has the generation in one file, and it is the digest of all files without it', () => {
  const { files, generation } = render().target
  expect(files.filter((one) => one.content.includes(generation)).map((one) => one.path)).toEqual([
    '/etc/apache/lockgate/00-lockgate.conf',
  ])
  const host = generation.slice('sha256:'.length, 'sha256:'.length + 32)
  const blank = files.map((one) => [
    one.path,
    digestText(one.content.replaceAll(generation, `sha256:${'0'.repeat(64)}`).replaceAll(host, '0'.repeat(32))),
  ])
  expect(digest(blank)).toBe(generation)
})

describe('parts', () => {
  test('of a backend stay the same when another one is added', () => {
    const [two, three] = [render({}, '2.4.71', 2).target, render().target]
    expect(three.parts.payroll).toEqual(two.parts.payroll)
    expect(three.parts['wiki.old-1']).toEqual(two.parts['wiki.old-1'])
    expect(three.generation).not.toBe(two.generation)
  })
  test('name no other backend', () => {
    const { parts } = render().target
    expect(parts.payroll?.join('')).not.toMatch(/wiki|crm\.acme/)
  })
  test('change with the edge', () =>
    expect(
      render({ listen: ['http://10.10.0.2:80', 'https://10.10.0.3:443', 'https://10.10.0.2:8443'] }).target.parts,
    ).not.toEqual(render().target.parts))
})

describe('versions', () => {
  test('before 2.4.47 WebSocket is a gap', () => {
    const { target, gaps } = render({}, '2.4.41')
    expect(printFiles(target.files)).not.toContain('upgrade=')
    expect(gaps.map((one) => one.feature)).toContain('websocket')
    expect(printFiles(render().target.files)).toContain('upgrade=websocket')
  })
  test('is read from what Apache prints', () => {
    expect(apache.readVersion('Server version: Apache/2.4.71 (Debian)\n')).toBe('2.4.71')
    expect(apache.readVersion('command not found')).toBeNull()
  })
})

test('says what it cannot do, and that no security depends on it', () => {
  const { gaps } = render()
  expect(gaps.map((one) => [one.backend, one.feature, one.required])).toEqual([
    [null, 'listen', false],
    [null, 'body-limit', false],
    ['wiki.old-1', 'path-normalisation', false],
    ['wiki.old-1', 'path-normalisation', false],
    ['crm', 'upstream-tls-verified', false],
  ])
})

describe('Listen', () => {
  const listensOf = (listening: EdgeModel['listening']): readonly string[] => {
    const model = { ...goldenModel('apache'), ...(listening ? { listening } : {}) }
    const shared = apache.render(model, '2.4.71').target.files.find((one) => one.path.endsWith('/00-lockgate.conf'))
    return [...(shared?.content ?? '').matchAll(/^( *)Listen (.*)$/gm)].map(
      (match) => `${match[1] ? 'if ' : ''}${match[2]}`,
    )
  }
  const all = ['10.10.0.2:80', '[fd00:10::2]:80', '10.10.0.2:443', '[fd00:10::2]:443', '10.10.0.2:8443']
  test.each<readonly [string, EdgeModel['listening'], readonly string[]]>([
    ['is left to the operator where nothing is known', undefined, all.map((one) => `if ${one}`)],
    ['is written where nothing listens', [], all],
    ['is not written beside a wildcard', [{ address: '::', port: 80 }], all.slice(2)],
    [
      'is written for IPv6 beside a wildcard of IPv4',
      [{ address: '0.0.0.0', port: 80 }],
      all.filter((one) => one !== '10.10.0.2:80'),
    ],
    ['is not written twice', [{ address: '10.10.0.2', port: 443 }], all.filter((one) => one !== '10.10.0.2:443')],
    ['is written beside another address', [{ address: '127.0.0.1', port: 80 }], all],
  ])('%s', (_title, listening, expected) => expect(listensOf(listening)).toEqual(expected))

  test('of our own files does not count as the operator’s', () => {
    const sockets = [
      { address: '10.10.0.2', port: 80 },
      { address: 'fd00:10::2', port: 80 },
      { address: '127.0.0.1', port: 22 },
    ]
    expect(operatorListeners(sockets, ['Listen 10.10.0.2:80\nListen "[fd00:10::2]:80"\n'])).toEqual(sockets.slice(2))
  })
})

test('asks for each snippet to be included, and proves the generation on an address of its own', () => {
  const { steps, target } = render({ vhosts: 'theirs' })
  expect(steps.map((one) => [one.file, one.expects])).toContainEqual([
    '/etc/apache',
    'Include /etc/apache/lockgate/snippets/backend-payroll.conf',
  ])
  expect(target.proof).toMatchObject({ urls: ['http://127.76.71.1:80/'], expect: target.generation })
})

test("takes the operator's test and reload, and an empty reload as none", () => {
  const { target } = render({ test: ['apache2', '-t', '-f', '/x'], reload: [] })
  expect([target.test, target.reload]).toEqual([[['apache2', '-t', '-f', '/x']], []])
})

test('says of every feature whether it has it', () =>
  expect(Object.keys(apache.supports).sort()).toEqual([...features].sort()))
