import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockgateError, parseConfig } from '@lockgate/model'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  discover,
  type Files,
  type Found,
  filesIn,
  parseAccessLogLine,
  parseSource,
  readAccessLog,
  readApache,
  readCompose,
  readEnvoy,
  readHaproxy,
  readHosts,
  readKubernetes,
  readNginx,
  readNmap,
  readNxGraph,
  readWorkspace,
  toConfigYaml,
} from '../src/index.ts'

type Read = { readonly unread: readonly { readonly because: string }[] }

/** Every reader on one text, whatever that is. */
const readers: Readonly<Record<string, (path: string, files: Files) => Promise<Read>>> = {
  nginx: readNginx,
  apache: (path, files) => readApache(path, files, { root: '/x' }),
  envoy: (path, files) => readEnvoy(path, files),
  haproxy: readHaproxy,
  compose: readCompose,
  kubernetes: (_path, files) => readKubernetes('/x', files),
  hosts: readHosts,
  nmap: readNmap,
  graph: readNxGraph,
  workspace: (_path, files) => readWorkspace('/x', files),
}
const kinds = Object.keys(readers)

async function readAs(kind: string, text: string): Promise<Read> {
  const name = kind === 'workspace' ? '/x/package.json' : '/x/file.yaml'
  return (readers[kind] as (typeof readers)[string])(name, filesIn({ [name]: text, '/x/nx.json': text }))
}

const syntax = [
  ...'{}[]<>;:#"\'\\$@!&*|-=,./() \n\t%~'.split(''),
  ...'server listen server_name location proxy_pass upstream include map $x $ {y} http://a:1 VirtualHost *:80 ProxyPass Include Define'.split(
    ' ',
  ),
  ...'<VirtualHost </VirtualHost> frontend backend bind use_backend acl hdr(host) -i if { } || %[ services: ports: image: kind: Service'.split(
    ' ',
  ),
  ...'&a *a <<: --- ... ? ! !!binary 0x1 1e9 content_by_lua_block [[ ]] -- <nmaprun> <host> <!DOCTYPE <!ENTITY resources: static_resources:'.split(
    ' ',
  ),
]
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.oneof(fc.constantFrom(...syntax), fc.string({ maxLength: 6 })), { maxLength: 80 })
    .map((parts) => parts.join(' ')),
  fc.array(fc.constantFrom(...syntax), { maxLength: 80 }).map((parts) => parts.join('')),
)

describe('no input breaks a reader', () => {
  it.each(kinds)('%s: arbitrary text', async (kind) => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(Array.isArray((await readAs(kind, text)).unread)).toBe(true)
      }),
      { numRuns: 300, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    )
  })

  it('access logs: arbitrary lines', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.json(),
          fc.json().map((text) => `{"source": "a", "x": ${text}}`),
        ),
        (text) => {
          const flow = parseAccessLogLine(text)
          expect(flow === null || typeof flow.source === 'string').toBe(true)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each(kinds)('%s: half-written text is named', async (kind) => {
    const half: Readonly<Record<string, string>> = {
      nginx: 'http {\n  server { listen 80',
      apache: '<VirtualHost *:80>\nServerName a',
      haproxy: 'backend a\n  server "a',
      hosts: '{"hosts": [{"id": "a", ',
      nmap: '<nmaprun><host><address addr="10.0.0.1"',
    }
    const { unread } = await readAs(kind, half[kind] ?? '{"a": [1, 2')
    expect(unread.length).toBeGreaterThan(0)
  })
})

describe('inputs made to exhaust', () => {
  const laughs = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`),
  ].join('\n')
  const yamlKinds = ['envoy', 'compose', 'kubernetes'] as const

  it.each(yamlKinds)('%s: aliases that multiply', async (kind) => {
    const { unread } = await readAs(kind, laughs)
    expect(unread.some((one) => /aliases stand for more/.test(one.because))).toBe(true)
  })

  it.each(yamlKinds)('%s: an alias inside what it names', async (kind) => {
    const { unread } = await readAs(kind, 'services: &s\n  a: *s\nkind: x\n')
    expect(unread.some((one) => /stands inside what it names/.test(one.because))).toBe(true)
  })

  it.each([...yamlKinds, 'hosts', 'graph'] as const)('%s: 100,000 brackets, small and large', async (kind) => {
    for (const count of [100_000, 600_000]) {
      const { unread } = await readAs(kind, `${'['.repeat(count)}${']'.repeat(count)}`)
      expect(unread.some((one) => /levels deep/.test(one.because))).toBe(true)
    }
  })

  it('nginx: 100,000 blocks in each other, and Lua that never closes', async () => {
    expect((await readAs('nginx', 'a {'.repeat(100_000))).unread[0]?.because).toMatch(/100 deep/)
    expect((await readAs('nginx', `content_by_lua_block { ${'--[[\n'.repeat(200_000)}`)).unread[0]?.because).toMatch(
      /Lua/,
    )
  })

  it('nmap: entities are not expanded, files are not read', async () => {
    const bomb =
      '<!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><nmaprun>&b;&f;</nmaprun>'
    expect((await readAs('nmap', bomb)).unread[0]?.because).toMatch(/entities/)
    expect((await readAs('nmap', `<nmaprun>${'<host>'.repeat(50_000)}`)).unread.length).toBeGreaterThan(0)
  })

  it('nginx and Apache: files that include themselves or each other, and ever more of them', async () => {
    const cyclic = { '/x/file.yaml': 'include b;', '/x/b': 'include file.yaml;' }
    expect((await readNginx('/x/file.yaml', filesIn(cyclic))).unread[0]?.because).toMatch(/includes itself/)
    const apache = { '/x/a.conf': 'Include b.conf', '/x/b.conf': 'Include a.conf\nInclude *.conf' }
    expect((await readApache('/x/a.conf', filesIn(apache), { root: '/x' })).unread[0]?.because).toMatch(
      /includes itself/,
    )
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`/x/${i}`, `include ${i + 1}; include ${i + 1};`]),
    )
    const { unread } = await readNginx('/x/0', filesIn({ ...doubling, '/x/40': '' }))
    expect(unread.some((one) => /files are included/.test(one.because))).toBe(true)
  })

  it('compose: files that include each other', async () => {
    const files = filesIn({
      '/x/compose.yaml': 'include: [b.yaml]\nservices: {}',
      '/x/b.yaml': 'include: [compose.yaml]\nservices: {}',
    })
    expect((await readCompose('/x/compose.yaml', files)).unread).toEqual([])
  })
})

describe('files of any size', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockgate-hostile-'))
    writeFileSync(join(folder, 'huge'), '')
    truncateSync(join(folder, 'huge'), 50 * 1024 * 1024)
    writeFileSync(join(folder, 'binary'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3, 0xff, 0xfe]))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(['huge', 'binary'])('a %s file is unread, with the reason', async (name) => {
    for (const kind of ['nginx', 'apache', 'envoy', 'haproxy', 'compose', 'hosts', 'nmap']) {
      const { found, unread } = await discover([parseSource(`${kind}:${name}`)], { baseDir: folder })
      expect(found).toEqual([])
      expect(unread[0]?.because).toMatch(name === 'huge' ? /at most \d+ are read/ : /NUL byte/)
    }
  })

  it('an access log of 50 MB is read line by line', async () => {
    const line = '10.30.0.5 - - [23/Nov/2026:09:00:00 +0800] "GET /payslips/7 HTTP/1.1" 200 405 "-" "curl/8"\n'
    const chunk = Buffer.from(line.repeat(1_000))
    const chunks = Math.ceil((50 * 1024 * 1024) / chunk.length)
    async function* log() {
      for (let index = 0; index < chunks; index++) yield chunk
    }
    let count = 0
    const before = process.memoryUsage().heapUsed
    for await (const flow of readAccessLog(log())) if (!('because' in flow)) count++
    expect(count).toBe(chunks * 1_000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * 1024 * 1024)
  })

  it('a line of 5 MB is set aside, and the next one is read', async () => {
    async function* log() {
      for (let index = 0; index < 50; index++) yield 'x'.repeat(100_000)
      yield '\n10.0.0.1 - - [23/Nov/2026:09:00:00 +0800] "GET / HTTP/1.1" 200 1\n'
    }
    const seen: unknown[] = []
    for await (const one of readAccessLog(log())) seen.push(one)
    expect(seen).toMatchObject([
      { line: 1, because: expect.stringMatching(/longer/) },
      { line: 2, source: '10.0.0.1' },
    ])
  })

  it('an abort ends the work', async () => {
    const signal = AbortSignal.abort()
    await expect(discover([parseSource('nginx:huge')], { baseDir: folder, signal })).rejects.toMatchObject({
      code: 'LG9001',
    })
  })
})

describe('the draft of lockgate.yaml', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'http://10.0.0.1:80',
      'https://a.test',
      '10.0.0.1',
      'fd00::1',
      'a: b',
      '"',
      '# x',
      '\n- id: y',
      '$' + '{x}',
      'true',
    ),
  )
  const found = fc.record({
    id: fc.stringMatching(/^[a-z0-9]{1,8}$/),
    upstream: fc.option(texts),
    public: fc.option(texts),
    from: fc.array(fc.record({ source: texts, file: fc.option(texts), line: fc.option(fc.nat()) })),
    addresses: fc.array(texts),
    hosts: fc.array(fc.array(texts)),
    ports: fc.array(fc.nat(65_535)),
    exposed: fc.constant([]),
    notes: fc.array(texts),
    owner: texts,
    wave: texts,
    code: texts,
  }) as fc.Arbitrary<Found>

  it('is valid whatever was found', () => {
    fc.assert(
      fc.property(fc.uniqueArray(found, { selector: (one) => one.id }), texts, (list, organisation) => {
        parseConfig(
          toConfigYaml({ found: list, organisation, unread: [{ source: organisation, because: organisation }] }),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('is a commented start where nothing is known', () => {
    const yaml = toConfigYaml({ found: [] })
    expect(parseConfig(yaml).backends).toEqual([])
    expect(yaml).toContain('# - id: payroll')
    const uncommented = yaml.replace(/^(edges|backends|vantages): \[\]/gm, '$1:').replace(/^# (- | {2})/gm, '  $1')
    expect(parseConfig(uncommented).backends.map((one) => one.id)).toEqual(['payroll'])
  })
})

describe('sources on the command line', () => {
  it.each(['', 'nginx', 'nginx:', 'ngin:x', ':', 'net:', 'constructor:x'])(
    '%j is refused with the list of kinds',
    (text) => {
      expect(() => parseSource(text)).toThrow(LockgateError)
      expect(() => parseSource(text)).toThrow(/access-log:FILE/)
    },
  )

  it.each(['net:10.0.0.0/8', 'net:nonsense', 'net:10.0.0.0/33', 'net:fd00::/64'])('%s is refused', async (text) => {
    await expect(discover([parseSource(text)], { baseDir: '/' })).rejects.toMatchObject({ code: 'LG1101' })
  })
})
