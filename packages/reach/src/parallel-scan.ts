/** Connect scan from this process's own network namespace; a large one is spread over threads, one a core. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import { askCount } from './scan-order.ts'
import type { ScanShare, ScanWorkerMessage } from './scan-worker.ts'
import { tcpScan } from './tcp-scan.ts'

/** A thread takes about as long to start as this thread needs for so many ports that refuse. */
const worthAThread = 8_192
const mostThreads = 4
const program = new URL(`./scan-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

export async function parallelScan(
  targets: readonly ScanTarget[],
  options: ScanOptions = {},
): Promise<readonly ScanResult[]> {
  const total = askCount(targets)
  const threads = Math.min(mostThreads, availableParallelism(), Math.floor(total / worthAThread))
  if (threads < 2) return tcpScan(targets, options)
  options.signal?.throwIfAborted()
  const done = new Array<number>(threads).fill(0)
  const report = (index: number, count: number): void => {
    done[index] = count
    options.progress?.(
      done.reduce((sum, part) => sum + part, 0),
      total,
    )
  }
  const { concurrency, retries, timeoutMs } = options
  const settings = JSON.parse(JSON.stringify({ concurrency, retries, timeoutMs })) as ScanShare['options']
  const workers = splitPorts(targets, threads).map(
    (part) =>
      new Worker(program, { workerData: { targets: part, options: settings, share: threads } satisfies ScanShare }),
  )
  try {
    const answers = workers.map((worker, index) => answerOf(worker, options.signal, (count) => report(index, count)))
    return merge(targets, await Promise.all(answers))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Every share has ports of every host, so that all hosts are asked evenly. */
function splitPorts(targets: readonly ScanTarget[], parts: number): readonly (readonly ScanTarget[])[] {
  return Array.from({ length: parts }, (_, part) =>
    targets.map(({ host, ports }) => ({ host, ports: ports.filter((_port, index) => index % parts === part) })),
  )
}

function answerOf(
  worker: Worker,
  signal: AbortSignal | undefined,
  progress: (done: number) => void,
): Promise<readonly ScanResult[]> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    worker.on('message', (message: ScanWorkerMessage) => {
      if ('done' in message) return progress(message.done)
      signal?.removeEventListener('abort', aborted)
      resolve(message.results)
    })
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a scanning thread ended with ${code}`)))
  })
}

function merge(targets: readonly ScanTarget[], parts: readonly (readonly ScanResult[])[]): readonly ScanResult[] {
  return targets.map(({ host }, index) => {
    const rows = parts.flatMap((part) => part[index] ?? [])
    const sum = (key: 'refused' | 'timedOut' | 'unreachable' | 'failed'): number =>
      rows.reduce((total, row) => total + row[key], 0)
    return {
      host,
      open: rows.flatMap((row) => row.open).toSorted((a, b) => a - b),
      refused: sum('refused'),
      timedOut: sum('timedOut'),
      unreachable: sum('unreachable'),
      failed: sum('failed'),
    }
  })
}
