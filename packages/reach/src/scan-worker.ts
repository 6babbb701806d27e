/** Program of a thread that scans a share of the ports; the thread's end is how it is interrupted. */
import { parentPort, workerData } from 'node:worker_threads'
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import { tcpScan } from './tcp-scan.ts'

export interface ScanShare {
  readonly targets: readonly ScanTarget[]
  readonly options: Pick<ScanOptions, 'concurrency' | 'retries' | 'timeoutMs'>
  readonly share: number
}

export type ScanWorkerMessage = { readonly done: number } | { readonly results: readonly ScanResult[] }

const port = parentPort
if (port) {
  // Most attempts end in an error object; collecting a stack for each costs as much as half the asking.
  Error.stackTraceLimit = 0
  const { targets, options, share } = workerData as ScanShare
  const progress = (done: number): void => port.postMessage({ done } satisfies ScanWorkerMessage)
  const results = await tcpScan(targets, { ...options, progress }, share)
  port.postMessage({ results } satisfies ScanWorkerMessage)
}
