/** The machine that Lockgate itself runs on. */
import { networkInterfaces } from 'node:os'
import { LockgateError, type Reach } from '@lockgate/model'
import { addressesOfIp, addressesOfNode, ipArgv } from './addresses.ts'
import { eitherSignal } from './either-signal.ts'
import { listenersOf, ssArgv } from './listeners.ts'
import { localFiles } from './local-files.ts'
import { namespaceLook } from './namespace-look.ts'
import { parallelScan } from './parallel-scan.ts'
import { interrupted, type RawRun, runProcess, textOf } from './run-process.ts'
import { tcpConnect } from './tcp-connect.ts'

/** stdout of a program whose absence or failure is no error here. */
export async function tried(run: RawRun, argv: readonly string[]): Promise<string | null> {
  const result = await run(argv)
  return result.code === 0 ? result.stdout.toString('utf8') : null
}

export function localReach(signal?: AbortSignal): Reach {
  const run: RawRun = (argv, options = {}) =>
    runProcess(argv, { ...options, signal: eitherSignal(options.signal, signal) })
  return {
    label: 'local',
    live: true,
    run: async (argv, options) => textOf(await run(argv, options)),
    ...localFiles('local', async (path) => path),
    async listeners() {
      const look = await namespaceLook()
      if (look) return listenersOf(look.tcp, look.tcp6, await tried(run, ssArgv))
      throw new LockgateError(
        'LG3003',
        `local: listening sockets are read from /proc/net, which ${process.platform} lacks; run lockgate on Linux, or name the host by {ssh: …}`,
      )
    },
    addresses: async () => addressesOfIp((await tried(run, ipArgv)) ?? '') ?? addressesOfNode(networkInterfaces()),
    connect: (target, options = {}) => tcpConnect(target, { ...options, signal: eitherSignal(options.signal, signal) }),
    async scan(targets, options = {}) {
      const own = eitherSignal(options.signal, signal)
      return parallelScan(targets, { ...options, signal: own }).catch((error) => {
        throw own?.aborted ? interrupted(own) : error
      })
    },
    async identity() {
      const look = await namespaceLook()
      return { bootId: look?.bootId ?? null, netns: look?.netns ?? null }
    },
    close: async () => {},
  }
}
