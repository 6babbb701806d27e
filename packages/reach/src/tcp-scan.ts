/** Connect scan from this process's own network namespace. */
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import { attemptFailure } from './outcome-of.ts'
import { type PortProbe, scheduleScan } from './scan-schedule.ts'
import { isSelfConnected } from './tcp-connect.ts'

const probePort: PortProbe = (host, port, answered) => {
  const socket = new Socket()
  socket.once('error', (error: NodeJS.ErrnoException) => answered(attemptFailure(error.code, host)))
  socket.once('connect', () => {
    const own = isSelfConnected(socket)
    socket.resetAndDestroy()
    answered(own ? 'busy' : 'open')
  })
  socket.connect({ host, port, autoSelectFamily: false })
  return () => socket.destroy()
}

/** Three quarters of the file descriptors that this process may have; Node raises the soft limit to the hard one. */
function descriptorShare(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024)
    return Math.floor(soft * 0.75)
  } catch {
    return 1_024
  }
}

export function tcpScan(targets: readonly ScanTarget[], options: ScanOptions = {}): Promise<readonly ScanResult[]> {
  const window = options.concurrency ?? 512
  return scheduleScan(probePort, targets, { open: Math.min(window * 16, descriptorShare()) }, options)
}
