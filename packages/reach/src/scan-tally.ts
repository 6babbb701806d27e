/** Counts the answers of a scan per host, compactly: open ports by number, the rest as sums. */
import type { ScanResult, ScanTarget } from '@lockgate/model'

export type PortAnswer = 'open' | 'refused' | 'unreachable' | 'timed-out' | 'failed'

export interface Tally {
  add(host: number, port: number, answer: PortAnswer): void
  done(): number
  results(): readonly ScanResult[]
}

const counters = {
  refused: 'refused',
  unreachable: 'unreachable',
  'timed-out': 'timedOut',
  failed: 'failed',
} as const

export function scanTally(targets: readonly ScanTarget[]): Tally {
  const hosts = targets.map(({ host }) => ({
    host,
    open: [] as number[],
    refused: 0,
    timedOut: 0,
    unreachable: 0,
    failed: 0,
  }))
  let count = 0
  return {
    add(host, port, answer) {
      const entry = hosts[host]
      if (!entry) return
      count += 1
      if (answer === 'open') entry.open.push(port)
      else entry[counters[answer]] += 1
    },
    done: () => count,
    results: () => hosts.map((entry) => ({ ...entry, open: entry.open.toSorted((a, b) => a - b) })),
  }
}
