/** What the benchmarks of the log share: records of 400 bytes, one core, and a line for a goal that has no peer. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigningKey, openLog } from '@lockgate/audit-log'

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const pad = 'y'.repeat(232)

/** 400 bytes as JSON. */
export const record = (n: number) => ({
  at: '2026-11-24T00:00:00.000Z',
  n: 1_000_000 + n,
  check: 'consolidate.tcp-direct',
  backend: 'wiki',
  vantage: 'users',
  facts: { pad, port: 8080 },
  verdict: { status: 'pass' },
})

export const records = (from: number, count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, at) => record(from + at))

/** Binds every thread of this process to one core, where the platform can. */
export function onOneCore(): boolean {
  try {
    execFileSync('taskset', ['-a', '-c', '-p', '0', String(process.pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const printGoal = (name: string, ours: number, goal: number, unit: string, more: object = {}): void => {
  const ratio = Math.round((ours / goal) * 1000) / 1000
  console.log(JSON.stringify({ name, ours: Math.round(ours), peer: null, ratio, unit, goal, ...more }))
}

export interface Timed {
  /** Records a second of the clock. */
  readonly rate: number
  /** Records a second of processor time, all threads together: what stays comparable on a busy machine. */
  readonly perCpuSecond: number
}

export async function timed(count: number, work: () => Promise<void>): Promise<Timed> {
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  return { rate: count / seconds, perCpuSecond: (count * 1e6) / (user + system) }
}

export const medianRate = (all: readonly Timed[]): number => median(all.map((one) => one.rate))
export const medianPerCpu = (all: readonly Timed[]): number => Math.round(median(all.map((one) => one.perCpuSecond)))

export const openFresh = async (folder: string) => openLog({ folder, key: createSigningKey('bench.example') })

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'lockgate-bench-'))
  try {
    await work(home)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}
