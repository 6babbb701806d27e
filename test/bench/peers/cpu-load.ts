/** Load with cookies, and what it cost: requests per CPU-second of all processes that answered it, and latencies. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { cpuOfAll, type RunningEngine } from './engine-pair.ts'

const run = promisify(execFile)

export interface Contestant {
  readonly name: string
  readonly port: number
  /** All that works for it: an nginx and its decision point. */
  readonly engines: readonly RunningEngine[]
  /** Of one busy session. */
  readonly cookie: string
  /** A wrk script that sends other cookies in turn, or sends more slowly. */
  readonly script?: string
}

export interface Measured {
  readonly perCpuSecond: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p99: number
}

const milliseconds = (text: string): number => {
  const [, value, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? []
  return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit as 'us' | 'ms' | 's'] ?? Number.NaN)
}

const cpu = async (one: Contestant): Promise<number> =>
  (await Promise.all(one.engines.map(({ pid }) => cpuOfAll(pid)))).reduce((sum, each) => sum + each, 0)

/** Throws where any request is not answered with 2xx. */
export async function measureWith(one: Contestant, seconds: number, connections = 32): Promise<Measured> {
  const headers = [
    `Host: bench.test:${one.port}`,
    'User-Agent: Mozilla/5.0',
    'Accept: text/html',
    `Cookie: ${one.cookie}`,
  ]
  const script = one.script === undefined ? [] : ['-s', one.script]
  const url = `http://127.0.0.1:${one.port}/payslips/2026/11?view=full`
  const before = await cpu(one)
  const argv = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...script,
    ...headers.flatMap((each) => ['-H', each]),
  ]
  const { stdout } = await run('wrk', [...argv, url], { timeout: (seconds + 30) * 1_000 })
  const spent = (await cpu(one)) - before
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${one.name}: requests failed:\n${stdout}`)
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  return {
    perCpuSecond: requests / spent,
    perSecond: requests / seconds,
    p99: milliseconds(/99%\s+(\S+)/.exec(stdout)?.[1] ?? ''),
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** By turns, so that whatever else the machine does meets all alike; medians by name. */
export async function measureInTurns(
  contestants: readonly Contestant[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Readonly<Record<string, Measured>>> {
  const all = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]))
  for (const one of contestants) await measureWith(one, 1)
  for (let round = 0; round < rounds; round++)
    for (const one of round % 2 === 0 ? contestants : contestants.toReversed())
      all.get(one.name)?.push(await measureWith(one, seconds))
  const of = (values: readonly Measured[], key: keyof Measured) => median(values.map((one) => one[key]))
  return Object.fromEntries(
    [...all].map(([name, values]) => [
      name,
      { perCpuSecond: of(values, 'perCpuSecond'), perSecond: of(values, 'perSecond'), p99: of(values, 'p99') },
    ]),
  )
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

/** One JSON line of a figure. */
export function printRatio(name: string, ours: Measured | undefined, peer: Measured | undefined, goal: number): void {
  const [mine, theirs] = [ours?.perCpuSecond ?? Number.NaN, peer?.perCpuSecond ?? Number.NaN]
  const line = { ours: Math.round(mine), peer: Math.round(theirs), ratio: rounded(mine / theirs), goal }
  console.log(JSON.stringify({ name, ...line, unit: 'requests per CPU-second' }))
}
