/** Two configurations of one engine under the same load, by turns: medians of requests per CPU-second of all its processes. */
import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { cpuSeconds, waitForPort } from './processes.ts'

const run = promisify(execFile)

export interface RunningEngine {
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
}

/** `at`: a port on loopback, or the path of a socket, that says when it is there. */
export async function startForeground(
  argv: readonly string[],
  at: number | string,
  stderr: 'inherit' | 'ignore' = 'inherit',
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningEngine> {
  const env = { ...process.env, ...environment }
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'ignore', stderr], env })
  const stop = async () => {
    if (child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
  await waitForPort(at).catch(async (error) => {
    await stop()
    throw error
  })
  return { pid: child.pid as number, port: typeof at === 'number' ? at : 0, stop }
}

/** The process and its direct children, which are an engine's workers. */
export async function cpuOfAll(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((one) => one !== '')
  const times = await Promise.all([pid, ...children.map(Number)].map(cpuSeconds))
  return times.reduce((sum, one) => sum + one, 0)
}

async function measure({ pid, port }: RunningEngine, seconds: number): Promise<number> {
  const before = await cpuOfAll(pid)
  const headers = [`Host: bench.test:${port}`, 'User-Agent: Mozilla/5.0', 'Accept: text/html', 'Cookie: a=b']
  const url = `http://127.0.0.1:${port}/payslips/2026/11?view=full`
  const args = ['-t1', '-c32', `-d${seconds}s`, ...headers.flatMap((one) => ['-H', one]), url]
  const { stdout } = await run('wrk', args, { timeout: (seconds + 20) * 1000 })
  const spent = (await cpuOfAll(pid)) - before
  if (/Non-2xx/.test(stdout)) throw new Error(`requests failed:\n${stdout}`)
  return Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0) / spent
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const rounded = (value: number): number => Math.round(value * 1000) / 1000

export interface Rounds {
  readonly rounds: number
  readonly seconds: number
}

/** Prints the benchmark's one line. */
export async function comparePair(
  name: string,
  ours: RunningEngine,
  peer: RunningEngine,
  { rounds, seconds }: Rounds,
): Promise<void> {
  const all = { ours: [] as number[], peer: [] as number[] }
  for (const one of [ours, peer]) await measure(one, 1)
  for (let index = 0; index < rounds; index++) {
    const order = index % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const)
    for (const who of order) all[who].push(await measure(who === 'ours' ? ours : peer, seconds))
  }
  const [mine, theirs] = [median(all.ours), median(all.peer)]
  const line = {
    ours: rounded(mine),
    peer: rounded(theirs),
    ratio: rounded(mine / theirs),
    unit: 'requests per CPU-second',
  }
  console.log(JSON.stringify({ name, ...line }))
}
