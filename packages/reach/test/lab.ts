/** Two network namespaces of this test alone, near and far, joined by a cable that carries IPv4 and IPv6. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const isRoot = process.getuid?.() === 0

/** Without root these tests are skipped by name; where CI says that it is one, that is a failure. */
export const needsRoot = { skip: !isRoot && process.env.CI !== 'true' }

export interface Lab {
  readonly near: string
  readonly far: string
  readonly far4: string
  readonly far6: string
  /** A folder that goes with the lab. */
  readonly folder: string
  inside(namespace: string, argv: readonly string[], input?: string): string
  /** Keeps a program running until the lab closes. */
  start(namespace: string, argv: readonly string[]): ChildProcess
  /** Listens in the far namespace and answers every connection with `text` at once. */
  listen(options: { port: number; host?: string; text?: string; ipv6Only?: boolean }): Promise<void>
  close(): Promise<void>
}

const server = `
const [port, host, text, ipv6Only] = JSON.parse(process.argv[1])
require('node:net').createServer((socket) => { socket.on('error', () => {}); text ? socket.write(text) : socket.pipe(socket) })
  .listen({ port, host, ipv6Only }, () => console.log('ready'))`

function sh(argv: readonly string[], input?: string): string {
  return execFileSync(argv[0] as string, argv.slice(1), {
    input: input ?? '',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

function wire(near: string, far: string): void {
  const ip = (line: string): string => sh(['ip', ...line.split(' ')])
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
    ip(`-n ${namespace} addr add fd77::${last}/64 dev c0 nodad`)
  }
  ip(`-n ${near} route add unreachable 10.78.1.0/24`)
  ip(`-n ${near} route add blackhole 10.78.2.0/24`)
  ip(`-n ${near} route add prohibit 10.78.3.0/24`)
}

export function openLab(): Lab {
  const name = randomBytes(3).toString('hex')
  const near = `lgr-${name}-near`
  const far = `lgr-${name}-far`
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-reach-'))
  const started: ChildProcess[] = []
  const inside = (namespace: string, argv: readonly string[], input?: string): string =>
    sh(['ip', 'netns', 'exec', namespace, ...argv], input)
  const start = (namespace: string, argv: readonly string[]): ChildProcess => {
    const child = spawn('ip', ['netns', 'exec', namespace, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
    started.push(child)
    return child
  }
  wire(near, far)
  return {
    near,
    far,
    far4: '10.77.0.2',
    far6: 'fd77::2',
    folder,
    inside,
    start,
    async listen({ port, host, text, ipv6Only }) {
      const child = start(far, [
        process.execPath,
        '-e',
        server,
        JSON.stringify([port, host ?? '::', text ?? '', ipv6Only]),
      ])
      await once(child.stdout as NodeJS.ReadableStream, 'data')
    },
    async close() {
      for (const child of started) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      for (const namespace of [near, far]) sh(['ip', 'netns', 'delete', namespace])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
