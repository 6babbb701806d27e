/** Connect scan from this process's own network namespace, in this thread. */
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import { attemptFailure } from './outcome-of.ts'
import type { PortProbe } from './scan-flight.ts'
import { scheduleScan } from './scan-schedule.ts'
import { isSelfConnected } from './tcp-connect.ts'

const usualWindow = 512
/** Silent attempts that may be open for every young one. */
const openPerYoung = 32

const probePort: PortProbe = (host, port, answered) => {
  const socket = new Socket()
  socket.on('error', (error: NodeJS.ErrnoException) => answered(attemptFailure(error.code, host)))
  socket.on('connect', () => {
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

/** `share` is how many threads scan at once. Rejects with the signal's own reason. */
export function tcpScan(
  targets: readonly ScanTarget[],
  options: ScanOptions = {},
  share = 1,
): Promise<readonly ScanResult[]> {
  const window = Math.max(1, Math.floor((options.concurrency ?? usualWindow) / share))
  const open = Math.max(1, Math.min(window * openPerYoung, Math.floor(descriptorShare() / share)))
  return scheduleScan(probePort, targets, { open, window }, options)
}
