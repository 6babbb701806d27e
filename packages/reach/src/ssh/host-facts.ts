/** What a host behind ssh says of its own sockets, addresses and network. */
import { LockgateError, type Reach } from '@lockgate/model'
import { addressesOfIp, ipArgv } from '../addresses.ts'
import { listenersOf, ssArgv } from '../listeners.ts'
import type { RawRun } from '../run-process.ts'

async function textOrNull(run: RawRun, argv: readonly string[]): Promise<string | null> {
  const result = await run(argv)
  return result.code === 0 ? result.stdout.toString('utf8') : null
}

export async function hostListeners(label: string, plain: RawRun, withRights: RawRun): ReturnType<Reach['listeners']> {
  const tcp = await textOrNull(plain, ['cat', '/proc/net/tcp'])
  if (tcp === null)
    throw new LockgateError('LG3003', `${label}: listening sockets are read from /proc/net/tcp, which is not there`)
  const tcp6 = await textOrNull(plain, ['cat', '/proc/net/tcp6'])
  const ss = await textOrNull(withRights, ssArgv).catch(() => textOrNull(plain, ssArgv))
  return listenersOf(tcp, tcp6, ss)
}

export async function hostAddresses(label: string, plain: RawRun): Promise<readonly string[]> {
  const found = addressesOfIp((await textOrNull(plain, ipArgv)) ?? '')
  if (found) return found
  throw new LockgateError('LG3003', `${label}: \`ip -j addr\` gave no answer there; install iproute2 on that host`)
}

export async function hostIdentity(plain: RawRun): ReturnType<Reach['identity']> {
  const [bootId, netns] = await Promise.all([
    textOrNull(plain, ['cat', '/proc/sys/kernel/random/boot_id']),
    textOrNull(plain, ['readlink', '/proc/self/ns/net']),
  ])
  return { bootId: bootId?.trim() ?? null, netns: /\[(\d+)\]/.exec(netns ?? '')?.[1] ?? null }
}
