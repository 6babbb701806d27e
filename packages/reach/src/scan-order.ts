/** The order in which a scan asks: one port of every host, then the next port of every host. */
import type { ScanTarget } from '@lockgate/model'

/** Place of a host in the targets and a port, in one number: a list of millions stays small. */
export type Ask = number

export const askOf = (host: number, port: number): Ask => host * 65_536 + port
export const hostOf = (ask: Ask): number => Math.floor(ask / 65_536)
export const portOf = (ask: Ask): number => ask % 65_536

export function* scanOrder(targets: readonly ScanTarget[]): Generator<Ask, void, void> {
  const longest = targets.reduce((most, target) => Math.max(most, target.ports.length), 0)
  for (let index = 0; index < longest; index++) {
    for (let host = 0; host < targets.length; host++) {
      const port = targets[host]?.ports[index]
      if (port !== undefined) yield askOf(host, port)
    }
  }
}

export const askCount = (targets: readonly ScanTarget[]): number =>
  targets.reduce((sum, target) => sum + target.ports.length, 0)
