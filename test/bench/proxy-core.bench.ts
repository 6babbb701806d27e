/** proxy-core against a bare proxy and two popular ones: requests per CPU-second, alternating, medians. One JSON line each. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBackend } from './peers/backend.ts'
import { type Contender, cpuSeconds, firstRequest, type Load, load, startContender } from './peers/processes.ts'

const peersFolder = join(import.meta.dirname, 'peers')
const root = join(import.meta.dirname, '../..')
const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const basePort = 20_000 + (process.pid % 5_000) * 4
const peers = {
  bare: join(root, 'packages/proxy-core/test/bare-proxy.ts'),
  'http-proxy-3': join(peersFolder, 'http-proxy-3.ts'),
  'fastify-http-proxy': join(peersFolder, 'fastify-http-proxy.ts'),
} as const

interface Round extends Load {
  readonly perCpuSecond: number
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const round = (value: number): number => Math.round(value * 1000) / 1000

async function measure(one: Contender): Promise<Round> {
  const before = await cpuSeconds(one.pid)
  const done = await load(one.port, seconds)
  const spent = (await cpuSeconds(one.pid)) - before
  if (done.failed > 0 || done.requests === 0) throw new Error(`${done.failed} of ${done.requests} requests failed`)
  return { ...done, perCpuSecond: done.requests / spent }
}

/** The first request, on a connection of its own, after the proxy has idled; milliseconds, with one untimed before it. */
async function firstAfterIdle(one: Contender): Promise<number> {
  const times: number[] = []
  await firstRequest(one.port)
  for (let i = 0; i < 3; i++) {
    await sleep(1_500)
    times.push(await firstRequest(one.port))
  }
  return median(times)
}

const print = (name: string, ours: number, peer: number, unit: string): void =>
  console.log(JSON.stringify({ name, ours: round(ours), peer: round(peer), ratio: round(ours / peer), unit }))

async function compare(name: keyof typeof peers, ours: Contender, peer: Contender): Promise<void> {
  const all: { readonly ours: Round[]; readonly peer: Round[] } = { ours: [], peer: [] }
  await load(ours.port, 2)
  await load(peer.port, 2)
  for (let i = 0; i < rounds; i++) {
    const first = i % 2 === 0
    if (first) all.ours.push(await measure(ours))
    all.peer.push(await measure(peer))
    if (!first) all.ours.push(await measure(ours))
  }
  const of = (who: 'ours' | 'peer', key: keyof Round): number => median(all[who].map((one) => one[key]))
  print(`proxy-core/${name}`, of('ours', 'perCpuSecond'), of('peer', 'perCpuSecond'), 'requests per CPU-second')
  print(`proxy-core/${name}/median`, of('ours', 'median'), of('peer', 'median'), 'ms, 32 connections, lower is better')
  print(`proxy-core/${name}/p99`, of('ours', 'p99'), of('peer', 'p99'), 'ms, 32 connections, lower is better')
  print(
    `proxy-core/${name}/first-after-idle`,
    await firstAfterIdle(ours),
    await firstAfterIdle(peer),
    'ms, lower is better',
  )
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
const backend = await startBackend(basePort)
try {
  for (const [name, file] of Object.entries(peers) as [keyof typeof peers, string][]) {
    const ours = await startContender(join(peersFolder, 'ours.ts'), basePort + 1, basePort)
    const peer = await startContender(file, basePort + 2, basePort).catch(async (error) => {
      await ours.stop()
      throw error
    })
    try {
      await compare(name, ours, peer)
    } finally {
      await Promise.all([ours.stop(), peer.stop()])
    }
  }
} finally {
  await backend.stop()
}
