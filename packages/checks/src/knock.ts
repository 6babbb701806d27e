/** Opens a TCP connection, notes how that went, and closes it. */
import { type ConnectFailure, type ConnectOutcome, type Endpoint, hostPort, type Io, type Reach } from '@lockgate/model'
import { familyOf } from './address.ts'
import { addressesOf } from './host-sight.ts'
import { look } from './interrupt.ts'
import { laneOf } from './lane.ts'

export type Knock = {
  /** `10.20.0.11:8080`, `[fd00:20::11]:8080` */
  readonly target: string
  readonly outcome: 'connected' | ConnectFailure
  readonly detail?: string
  /** The source address of the connection, where the platform says. */
  readonly from?: string
}

/** Milliseconds of the first attempt and of the second, which silence is given: a lost packet or a busy machine is not a closed port. */
const attemptsMs: readonly number[] = [1_000, 2_500]

/** Without an IPv6 address Linux says EADDRNOTAVAIL, which it also says where ports have run out. */
async function lacksFamily(reach: Reach, from: string, endpoint: Endpoint, detail: string, io: Io): Promise<boolean> {
  if (familyOf(endpoint.host) !== 6 || !/EADDRNOTAVAIL|EAFNOSUPPORT/.test(detail)) return false
  const own = await addressesOf(reach, from, io)
  return 'seen' in own && !own.seen.some((one) => familyOf(one) === 6)
}

async function connectPatiently(reach: Reach, endpoint: Endpoint, io: Io): Promise<ConnectOutcome> {
  const [first = 0, ...later] = attemptsMs
  const attempt = (timeoutMs: number) => reach.connect(endpoint, { timeoutMs, signal: io.signal })
  let outcome = await attempt(first)
  for (const timeoutMs of later) if (outcome.outcome === 'timed-out') outcome = await attempt(timeoutMs)
  return outcome
}

async function knockOnce(reach: Reach, from: string, endpoint: Endpoint, io: Io): Promise<Knock> {
  const target = hostPort(endpoint.host, endpoint.port)
  const looked = await look(io, () => connectPatiently(reach, endpoint, io))
  if ('unseen' in looked) return { target, outcome: 'failed', detail: looked.unseen }
  const { seen } = looked
  if (seen.outcome === 'failed' && (await lacksFamily(reach, from, endpoint, seen.detail, io)))
    return { target, outcome: 'unreachable', detail: 'it has no IPv6 address' }
  if (seen.outcome !== 'connected') return { target, outcome: seen.outcome, detail: seen.detail }
  seen.socket.on('error', () => {})
  seen.socket.destroy()
  return { target, outcome: 'connected', ...(seen.localAddress === null ? {} : { from: seen.localAddress }) }
}

/** One connection for each standing place and endpoint in a verification; `from` names the place, such as a vantage's id. */
export const knock = (reach: Reach, from: string, endpoint: Endpoint, io: Io): Promise<Knock> =>
  io.once(`knock ${from} ${hostPort(endpoint.host, endpoint.port)}`, async () => {
    const lane = await laneOf(io, 'knock', from)
    return lane(() => knockOnce(reach, from, endpoint, io))
  })

export const knockAll = (
  reach: Reach,
  from: string,
  endpoints: readonly Endpoint[],
  io: Io,
): Promise<readonly Knock[]> => Promise.all(endpoints.map((one) => knock(reach, from, one, io)))

export const knockFromVantage = (endpoints: readonly Endpoint[], io: Io): Promise<readonly Knock[]> =>
  knockAll(io.at.reach, `vantage ${io.at.vantage.id}`, endpoints, io)
