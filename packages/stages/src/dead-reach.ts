/** A Reach for a host that could not be reached: everything asked of it fails with the reason, so that probes record it. */
import type { LockgateError, Reach, ScanTarget } from '@lockgate/model'

export function deadReach(label: string, error: LockgateError): Reach {
  const fail = async (): Promise<never> => {
    throw error
  }
  return {
    label,
    live: false,
    run: fail,
    readFile: fail,
    stat: fail,
    listFolder: fail,
    putFile: fail,
    removeFile: fail,
    makeFolder: fail,
    removeFolder: fail,
    listeners: fail,
    addresses: fail,
    identity: fail,
    connect: async () => ({ outcome: 'failed', detail: error.message, ms: 0 }),
    scan: async (targets: readonly ScanTarget[]) =>
      targets.map((one) => ({
        host: one.host,
        open: [],
        refused: 0,
        timedOut: 0,
        unreachable: 0,
        failed: one.ports.length,
      })),
    close: async () => {},
  }
}
