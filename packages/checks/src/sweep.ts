/** Scans ports of a backend's addresses from a vantage, once for everything on the same address. */
import { digest, type Io, type ScanResult } from '@lockgate/model'
import { look, stopIfInterrupted } from './interrupt.ts'
import { laneOf } from './lane.ts'

export type Swept = {
  readonly address: string
  readonly open: readonly number[]
  readonly asked: number
  readonly refused: number
  readonly silent: number
  readonly failed: number
  readonly seconds: number
  readonly detail?: string
}

export interface SweepOptions {
  /** Part of the key under which the result is shared. */
  readonly name: string
  readonly timeoutMs: number
  readonly concurrency: number
}

const result = (address: string, asked: number, scan: ScanResult | undefined, seconds: number): Swept => ({
  address,
  open: scan?.open ?? [],
  asked,
  refused: scan?.refused ?? 0,
  silent: (scan?.timedOut ?? 0) + (scan?.unreachable ?? 0),
  failed: scan?.failed ?? asked,
  seconds,
})

/** A port that said nothing is asked a second time, so that a lost packet does not read as closed. */
async function sweepOnce(address: string, ports: readonly number[], options: SweepOptions, io: Io): Promise<Swept> {
  const { timeoutMs, concurrency } = options
  const began = io.now().getTime()
  const looked = await look(io, () =>
    io.at.reach.scan([{ host: address, ports }], { timeoutMs, concurrency, retries: 1, signal: io.signal }),
  )
  stopIfInterrupted(io)
  const seconds = Math.round((io.now().getTime() - began) / 100) / 10
  if ('unseen' in looked) return { ...result(address, ports.length, undefined, seconds), detail: looked.unseen }
  return result(address, ports.length, looked.seen[0], seconds)
}

export const sweep = (address: string, ports: readonly number[], options: SweepOptions, io: Io): Promise<Swept> => {
  const from = `vantage ${io.at.vantage.id}`
  return io.once(`sweep ${options.name} ${from} ${address} ${digest(ports)}`, async () => {
    const lane = await laneOf(io, 'sweep', `${options.name} ${from}`)
    return lane(() => sweepOnce(address, ports, options, io))
  })
}
