import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type ErrorCode, LockgateError, loadConfig, parseConfig } from './index.ts'

const good = `version: 1
edges:
  - { id: front, plane: nginx, via: local, addresses: [10.0.0.2], listen: ["http://10.0.0.2:80"], config: /etc/nginx/lockgate }
backends:
  - id: payroll
    edge: front
    public: http://payroll.acme.test
    upstream: http://10.0.1.1:8080
    host: { via: local, addresses: [10.0.1.1], firewall: { none: test } }
vantages: []
`

const errorOf = (work: () => unknown): LockgateError => {
  try {
    work()
  } catch (error) {
    if (error instanceof LockgateError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const bad: readonly [string, string, ErrorCode, number | undefined, RegExp][] = [
  ['an empty file', '', 'LG1002', 1, /lockgate init/],
  ['half a file', good.slice(0, 180), 'LG1002', undefined, /./],
  [
    'an unknown key',
    good.replace('health', '').replace('    edge: front', '    edge: front\n    helth: /x'),
    'LG1004',
    7,
    /health/,
  ],
  ['an unknown key at the top', `${good}vantage: []\n`, 'LG1004', 11, /vantages/],
  ['an unknown plane', good.replace('nginx,', 'ngnix,'), 'LG1003', 3, /nginx/],
  ['a string for a list', good.replace('[10.0.0.2]', '10.0.0.2'), 'LG1003', 3, /array/],
  ['a port too high', good.replace('10.0.1.1:8080', '10.0.1.1:99999'), 'LG1003', 8, /http:\/\/10\.20\.0\.11:8080/],
  [
    'a host name of another script',
    good.replace('http://payroll.acme.test', 'https://bücher.test'),
    'LG1003',
    7,
    /xn--bcher-kva\.test/,
  ],
  ['a cyclic anchor', `${good}devices: &a { intune: *a }\n`, 'LG1002', 11, /inside/],
  [
    'two of one name',
    good.replace('vantages', `${good.slice(good.indexOf('  - id: payroll'), good.indexOf('vantages'))}vantages`),
    'LG1005',
    10,
    /name/,
  ],
  ['two documents', `${good}---\n${good}`, 'LG1002', 11, /second document/],
  [
    'a fault beside a merge key',
    good.replace('    edge: front', '    <<: { edge: front }\n    ege: front'),
    'LG1004',
    7,
    /edge/,
  ],
  [
    'a fault in what a merge key takes in',
    good.replace('    edge: front', '    <<: { edge: [1] }'),
    'LG1003',
    5,
    /mapping or list/,
  ],
  ['an edge that is not there', good.replace('edge: front', 'edge: frnt'), 'LG1005', 6, /front/],
  [
    'https without a certificate',
    good.replace('http://payroll', 'https://payroll').replace('http://10.0.0.2:80', 'https://10.0.0.2:443'),
    'LG1005',
    7,
    /certificate/,
  ],
  ['the edge as upstream', good.replace('http://10.0.1.1:8080', 'http://10.0.0.2:80'), 'LG1005', 8, /loop/],
  [
    'its public name as upstream',
    good.replace('http://10.0.1.1:8080', 'http://payroll.acme.test:8080'),
    'LG1005',
    8,
    /loop/,
  ],
  ['no host', good.replace(/ {4}host.*\n/, ''), 'LG1005', 5, /where/],
  ['the same key twice', good.replace('edge: front', 'edge: front\n    edge: front'), 'LG1002', 7, /unique/],
]

describe('parseConfig', () => {
  it('reads what is right', () => {
    const { backends } = parseConfig(good)
    expect(backends[0]).toMatchObject({
      id: 'payroll',
      upstream: { host: '10.0.1.1', port: 8080 },
      wave: 'default',
      line: 5,
    })
  })

  for (const [title, source, code, line, text] of bad)
    it(`refuses ${title}, with its place`, () => {
      const error = errorOf(() => parseConfig(source, 'lockgate.yaml'))
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(text)])
      if (line !== undefined) expect(error.at?.line).toBe(line)
    })

  it('refuses what would leave its place in a configuration', () => {
    const marks = ['"', "'", '{', '}', '\n', '$', ';', '\\', '\u0000', '\u202e', '`', ' ']
    for (const mark of marks)
      for (const [from, to] of [
        ['id: payroll', `id: ${JSON.stringify(`pay${mark}roll`)}`],
        ['http://payroll.acme.test', JSON.stringify(`http://pay${mark}roll.acme.test`)],
        ['/etc/nginx/lockgate', JSON.stringify(`/etc/${mark}lockgate`)],
      ] as const)
        expect(() => parseConfig(good.replace(from, to)), `${JSON.stringify(mark)} in ${from}`).toThrow(LockgateError)
  })

  it('reads a large file as it reads a small one, and names the place of an error in it', () => {
    const one = good.slice(good.indexOf('  - id: payroll'), good.indexOf('vantages'))
    const many = Array.from({ length: 2_000 }, (_, index) => one.replaceAll('payroll', `payroll-${index}`)).join('')
    const large = good.replace(one, many)
    expect(parseConfig(large).backends.slice(7, 8)).toEqual(
      parseConfig(good.replaceAll('payroll', 'payroll-7')).backends.map((backend) => ({ ...backend, line: null })),
    )
    const error = errorOf(() => parseConfig(large.replace('id: payroll-1999', 'id: payroll-1998')))
    expect([error.code, error.at?.line]).toEqual(['LG1005', 5 + 1999 * 5])
  })

  it('throws nothing but LockgateError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(good.length), (noise, at) => {
        try {
          parseConfig(good.slice(0, at) + noise + good.slice(at))
        } catch (error) {
          expect(error).toBeInstanceOf(LockgateError)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('loadConfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-model-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'lockgate.yaml')

  it('refuses a file of 50 MB without reading it', () => {
    writeFileSync(file, '')
    truncateSync(file, 50 * 1024 * 1024)
    expect(errorOf(() => loadConfig(file)).code).toBe('LG1006')
  })

  it('refuses what is binary or not UTF-8', () => {
    for (const bytes of [Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]), Buffer.from([0xff, 0xfe, 0x41])]) {
      writeFileSync(file, bytes)
      expect(errorOf(() => loadConfig(file)).code).toBe('LG1002')
    }
  })

  it('says what is missing', () => {
    expect(errorOf(() => loadConfig(join(folder, 'nowhere.yaml'))).code).toBe('LG1001')
  })
})

it('takes in what a merge key names, weaker than the keys beside it', () => {
  const merged = good
    .replace('  - id: payroll', '  - &first\n    id: payroll')
    .replace('vantages', '  - <<: *first\n    id: wiki\n    public: http://wiki.acme.test\nvantages')
  const [first, second] = parseConfig(merged).backends
  expect([second?.id, second?.public.origin, second?.upstream.origin]).toEqual([
    'wiki',
    'http://wiki.acme.test',
    first?.upstream.origin,
  ])
})
