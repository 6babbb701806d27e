/** What the backend's hosts say about themselves, asked once for each host. */
import type { HostIo, Io, Listener, Reach } from '@lockgate/model'
import { canonicalAddress, isLinkLocal, isLoopback, uniqueAddresses } from './address.ts'
import { type Looked, look } from './interrupt.ts'

const once = <T>(io: Io, key: string, work: () => Promise<T>): Promise<Looked<T>> => io.once(key, () => look(io, work))

const placeOf = (reach: Reach, id: string) => `${id} ${reach.label}`

/** Interface addresses in one spelling each, without loopback and link-local. */
export const addressesOf = (reach: Reach, id: string, io: Io): Promise<Looked<readonly string[]>> =>
  once(io, `addresses ${placeOf(reach, id)}`, async () =>
    uniqueAddresses(await reach.addresses()).filter((one) => !isLoopback(one) && !isLinkLocal(one)),
  )

export const listenersOf = ({ host, reach }: HostIo, io: Io): Promise<Looked<readonly Listener[]>> =>
  once(io, `listeners ${placeOf(reach, host.id)}`, async () =>
    (await reach.listeners()).map((one) => ({ ...one, address: canonicalAddress(one.address) })),
  )

const resolveTimeoutMs = 5_000

/** What `getent ahosts` finds for the name there: DNS, hosts files and whatever else that machine asks. Empty: no such name. */
export const resolveThere = (reach: Reach, id: string, name: string, io: Io): Promise<Looked<readonly string[]>> =>
  once(io, `resolve ${placeOf(reach, id)} ${name}`, async () => {
    const { code, stdout, stderr, timedOut } = await reach.run(['getent', 'ahosts', name], {
      timeoutMs: resolveTimeoutMs,
      signal: io.signal,
    })
    if (timedOut) throw new Error(`the resolver of ${id} did not answer within ${resolveTimeoutMs / 1_000} s`)
    if (code === 2) return []
    if (code !== 0) throw new Error(`getent ahosts ${name} ended with ${code}: ${stderr.trim().slice(0, 200)}`)
    return uniqueAddresses(stdout.split('\n').flatMap((line) => line.split(/\s+/)[0] || []))
  })
