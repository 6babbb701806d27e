import { readdirSync, readFileSync } from 'node:fs'
import { parseConfig } from '@lockgate/model'
import { describe, expect, it } from 'vitest'
import {
  discover,
  localFiles,
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
import { matchesGolden, portable, testdata } from './golden.ts'

async function collected<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

const at = (path: string) => `${testdata}/${path}`

/** One line a route, for people to review. */
const table = (read: Awaited<ReturnType<typeof readNginx>>): string =>
  [
    ...read.routes.map((one) =>
      [one.name, one.listen.join(' '), one.path, one.upstreams.join(' ') || '-', `${one.file}:${one.line}`].join(' | '),
    ),
    ...read.unread.map((one) => `unread ${one.source}: ${one.because}`),
    '',
  ]
    .join('\n')
    .replaceAll(testdata, '')

describe('proxy configurations', () => {
  it.each([
    ['nginx/routes.txt', () => readNginx(at('nginx/nginx.conf'), localFiles)],
    ['nginx-odd/routes.txt', () => readNginx(at('nginx-odd/nginx.conf'), localFiles)],
    [
      'apache/routes.txt',
      () =>
        readApache(at('apache/apache2.conf'), localFiles, { root: at('apache'), environment: { LAB: at('apache') } }),
    ],
    ['apache-odd/routes.txt', () => readApache(at('apache-odd/apache2.conf'), localFiles, { root: at('apache-odd') })],
    ['envoy/routes.txt', () => readEnvoy(at('envoy/bootstrap.yaml'), localFiles)],
    ['haproxy/routes.txt', () => readHaproxy(at('haproxy/haproxy.cfg'), localFiles)],
    ['haproxy/odd-routes.txt', () => readHaproxy(at('haproxy/odd.cfg'), localFiles)],
  ] as const)('%s', async (golden, read) => {
    matchesGolden(golden, table(await read()))
  })
})

describe('other sources', () => {
  it.each([
    ['compose/sightings.json', () => readCompose(at('compose/compose.yaml'), localFiles)],
    ['kubernetes.json', () => readKubernetes(at('kubernetes'), localFiles)],
    ['hosts/csv.json', () => readHosts(at('hosts/hosts.csv'), localFiles)],
    ['hosts/json.json', () => readHosts(at('hosts/hosts.json'), localFiles)],
    ['workspace/npm.json', () => readWorkspace(at('workspace/npm'), localFiles)],
    ['workspace/nx.json', () => readWorkspace(at('workspace/nx'), localFiles)],
    ['workspace/graph.json', () => readNxGraph(at('workspace/nx/graph.json'), localFiles)],
    ['nmap/sightings.json', () => readNmap(at('nmap/scan.xml'), localFiles)],
  ] as const)('%s', async (golden, read) => {
    matchesGolden(golden, portable(await read()))
  })

  it.each(readdirSync(at('access-log')).filter((name) => !name.endsWith('.json')))('access-log/%s', async (name) => {
    const bytes = readFileSync(at(`access-log/${name}`))
    async function* chunks() {
      for (let from = 0; from < bytes.length; from += 7) yield bytes.subarray(from, from + 7)
    }
    matchesGolden(`access-log/${name}.json`, portable(await collected(readAccessLog(chunks()))))
  })
})

describe('files that are only a part, and shapes that people have', () => {
  const shown = async (from: string) => {
    const { found, unread } = await discover([parseSource(from)], { baseDir: testdata })
    const lines = found.map((one) =>
      [
        one.id,
        one.upstream,
        one.public,
        one.exposed.map((at) => `${at.address}:${at.port}`).join(' '),
        one.ports.join(' '),
      ]
        .map((text) => text || '-')
        .concat(one.notes)
        .join(' | '),
    )
    return [`# ${from}`, ...lines, ...unread.map((one) => `unread ${one.source}: ${one.because}`), ''].join('\n')
  }

  it('are read, and what is not is named', async () => {
    const texts: string[] = []
    for (const from of [
      'nginx:parts/nginx/sites-available/shop.conf',
      'nginx:parts/nginx/tcp.conf',
      'nginx:parts/nginx/snippet.conf',
      'apache:parts/apache/vhost.conf',
      'apache:parts/apache/snippet.conf',
      'envoy:parts/envoy/camel.yaml',
      'envoy:parts/envoy/dump.json',
      'envoy:parts/compose/base.yaml',
      'haproxy:parts/haproxy.cfg',
      'haproxy:parts/not-haproxy.cfg',
      'compose:parts/compose/compose.yaml',
      'compose:parts/compose/first-form.yml',
      'kubernetes:parts/kubernetes',
      'hosts:parts/hosts/pipes.csv',
      'hosts:parts/hosts/excel.csv',
    ])
      texts.push(await shown(from))
    matchesGolden('parts/found.txt', texts.join('\n').replaceAll(testdata, ''))
  })
})

describe('discover', () => {
  const all = [
    'nginx:nginx/nginx.conf',
    'apache:apache/apache2.conf',
    'envoy:envoy/bootstrap.yaml',
    'haproxy:haproxy/haproxy.cfg',
    'compose:compose/compose.yaml',
    'kubernetes:kubernetes',
    'hosts:hosts/hosts.csv',
    'workspace:workspace/npm',
    'access-log:access-log/lockgate.jsonl',
    'nmap:nmap/scan.xml',
  ].map((text) => parseSource(text))

  it('joins what all sources say and drafts a lockgate.yaml that is valid', async () => {
    const discovered = await discover(all, { baseDir: testdata })
    matchesGolden('discovered.json', portable(discovered))
    const yaml = toConfigYaml({ ...discovered, organisation: 'Acme' })
    matchesGolden('lockgate.yaml', yaml.replaceAll(testdata, ''))
    const settings = parseConfig(yaml)
    expect(settings.backends.map((one) => one.id)).toContain('Payroll')
    expect(new Set(discovered.found.map((one) => one.id)).size).toBe(discovered.found.length)
  })

  it('names every source that cannot be read, and goes on', async () => {
    const sources = [
      'nginx:nowhere.conf',
      'compose:nowhere.yaml',
      'hosts:hosts/hosts.json',
      'access-log:nowhere.log',
      'access-log:hosts',
      'kubernetes:nowhere',
    ]
    const { found, unread } = await discover(
      sources.map((text) => parseSource(text)),
      { baseDir: testdata },
    )
    expect(found.length).toBeGreaterThan(0)
    for (const name of ['nowhere.conf', 'nowhere.yaml', 'nowhere.log', 'access-log:hosts', 'nowhere'])
      expect(unread.some((one) => one.source.endsWith(name))).toBe(true)
  })
})
