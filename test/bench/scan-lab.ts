/** Two namespaces for scans and a run of nmap to compare with; both scanners see the same hosts from the same place. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ScanResult, ScanTarget } from '@lockgate/model'
import { openReach } from '@lockgate/reach'

const range = (count: number, first = 1): readonly number[] =>
  Array.from({ length: count }, (_, index) => index + first)

/** 254 hosts behind a router, so that neither scanner asks by ARP. */
const routed = range(254).map((last) => `10.78.0.${last}`)
const routedPorts = range(20, 8_000)
const openPort = 8_007

export interface ScanCase {
  readonly title: string
  readonly targets: readonly ScanTarget[]
  /** The whole truth. */
  readonly open: ReadonlySet<string>
  readonly rules?: string
  readonly listenAt: readonly number[]
  /** Listens on loopback in the near namespace, or on all addresses in the far one. */
  readonly where: 'near' | 'far'
}

const everyHost = new Set(routed.map((host) => `${host} ${openPort}`))
const hosts = routed.map((host) => ({ host, ports: routedPorts }))
const loopbackOpen = [22, 8_080, 33_333, 50_000, 65_535]

export const scanCases = {
  loopback: {
    title: '65,535 loopback ports',
    targets: [{ host: '127.0.0.1', ports: range(65_535) }],
    open: new Set(loopbackOpen.map((port) => `127.0.0.1 ${port}`)),
    listenAt: loopbackOpen,
    where: 'near',
  },
  hosts: { title: '254 hosts x 20 ports', targets: hosts, open: everyHost, listenAt: [openPort], where: 'far' },
  dropped: {
    title: '254 hosts x 20 ports, 19 of 20 dropped',
    targets: hosts,
    open: everyHost,
    listenAt: [openPort],
    where: 'far',
    rules: `table inet t {\n chain i {\n type filter hook input priority 0\n tcp dport 8000-8019 tcp dport != ${openPort} drop\n }\n}\n`,
  },
} as const satisfies Record<string, ScanCase>

export interface ScanRun {
  readonly ms: number
  readonly missed: number
  readonly wrong: number
}

export interface ScanLab {
  ours(): Promise<ScanRun>
  nmap(flags: readonly string[]): Promise<ScanRun>
}

const server = `const ports = JSON.parse(process.argv[1]); let up = 0
for (const port of ports) require('node:net').createServer((socket) => socket.on('error', () => {}).destroy())
  .listen({ port, host: process.argv[2], backlog: 4096 }, () => ++up === ports.length && console.log('ready'))`

function compare(open: ReadonlySet<string>, found: ReadonlySet<string>, ms: number): ScanRun {
  const lacking = (all: ReadonlySet<string>, some: ReadonlySet<string>): number =>
    [...all].filter((entry) => !some.has(entry)).length
  return { ms, missed: lacking(open, found), wrong: lacking(found, open) }
}

const foundBy = (results: readonly ScanResult[]): ReadonlySet<string> =>
  new Set(results.flatMap(({ host, open }) => open.map((port) => `${host} ${port}`)))

/** Lines `Host: 10.78.0.1 ()  Ports: 8007/open/tcp//…` of nmap -oG. */
function foundInGrepable(text: string): ReadonlySet<string> {
  const pairs = [...text.matchAll(/^Host: (\S+) .*?Ports: (.*)$/gm)].flatMap(([, host, ports]) =>
    [...(ports as string).matchAll(/(\d+)\/open\//g)].map(([, port]) => `${host} ${port}`),
  )
  return new Set(pairs)
}

function wire(near: string, far: string): void {
  const ip = (line: string): void => void execFileSync('ip', line.split(' '))
  ip(`netns add ${near}`)
  ip(`netns add ${far}`)
  ip(`-n ${near} link add c0 type veth peer name c0 netns ${far}`)
  for (const [namespace, last] of [
    [near, 1],
    [far, 2],
  ] as const) {
    ip(`-n ${namespace} link set lo up`)
    ip(`-n ${namespace} link set c0 up`)
    ip(`-n ${namespace} addr add 10.77.0.${last}/24 dev c0`)
  }
  ip(`-n ${far} addr add 10.78.0.0/24 dev lo`)
  ip(`-n ${near} route add 10.78.0.0/24 via 10.77.0.2`)
}

async function nmapIn(namespace: string, scan: ScanCase, flags: readonly string[]): Promise<ScanRun> {
  const ports = scan.targets[0]?.ports ?? []
  const list = ports.length > 1_000 ? '-' : ports.join(',')
  const argv = ['netns', 'exec', namespace, 'nmap', '-n', '-Pn', '-sT', ...flags, '-oG', '-', `-p${list}`]
  const started = performance.now()
  const child = spawn('ip', [...argv, ...scan.targets.map(({ host }) => host)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  const ms = performance.now() - started
  return compare(scan.open, foundInGrepable(Buffer.concat(chunks).toString()), ms)
}

/** Opens the lab for one case, and leaves nothing behind. */
export async function inScanLab(scan: ScanCase, work: (lab: ScanLab) => Promise<void>): Promise<void> {
  const name = randomBytes(3).toString('hex')
  const near = `lgs-${name}-near`
  const far = `lgs-${name}-far`
  let listener: ChildProcess | undefined
  wire(near, far)
  try {
    if (scan.rules) execFileSync('ip', ['netns', 'exec', far, 'nft', '-f', '-'], { input: scan.rules })
    const at = scan.where === 'near' ? '127.0.0.1' : '0.0.0.0'
    const argv = ['netns', 'exec', scan.where === 'near' ? near : far, process.execPath, '-e', server]
    listener = spawn('ip', [...argv, JSON.stringify(scan.listenAt), at], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(listener.stdout as NodeJS.ReadableStream, 'data')
    const reach = await openReach({ netns: near }, { baseDir: '.' })
    try {
      await reach.identity()
      await work({
        async ours() {
          const started = performance.now()
          const found = foundBy(await reach.scan(scan.targets))
          return compare(scan.open, found, performance.now() - started)
        },
        nmap: (flags) => nmapIn(near, scan, flags),
      })
    } finally {
      await reach.close()
    }
  } finally {
    listener?.kill('SIGKILL')
    for (const namespace of [near, far]) execFileSync('ip', ['netns', 'delete', namespace])
  }
}
