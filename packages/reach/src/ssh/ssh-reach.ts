/** A host behind ssh. Nothing of Lockgate is installed there. */
import type { Reach } from '@lockgate/model'
import { eitherSignal } from '../either-signal.ts'
import { interrupted, textOf } from '../run-process.ts'
import type { SshVia } from '../via-name.ts'
import { commandFiles } from './command-files.ts'
import { assertAlive, hostCommands } from './host-commands.ts'
import { hostAddresses, hostIdentity, hostListeners } from './host-facts.ts'
import { type AskRoute, routeAnswer, saysOnlyFailed } from './route-answer.ts'
import { forward } from './ssh-forward.ts'
import { sshScan } from './ssh-scan.ts'
import { sshSession } from './ssh-session.ts'

export async function sshReach(via: SshVia, baseDir: string, signal?: AbortSignal): Promise<Reach> {
  const session = await sshSession(via, baseDir, signal)
  const { label, client } = session
  const { run, plain, steps } = hostCommands(session, via.sudo === true, signal)
  const askRoute: AskRoute = (host) => routeAnswer(plain, host)
  return {
    label,
    live: true,
    run: async (argv, options) => textOf(await run(argv, options)),
    ...commandFiles(label, steps),
    listeners: () => hostListeners(label, plain, run),
    addresses: () => hostAddresses(label, plain),
    async connect(target, options = {}) {
      const lost = session.lost()
      if (lost) return { outcome: 'failed', detail: lost, ms: 0 }
      const got = await forward(client, target, { ...options, signal: eitherSignal(options.signal, signal) })
      if (got.outcome !== 'failed' || !saysOnlyFailed(got.detail)) return got
      return { ...(await askRoute(target.host)), ms: got.ms }
    },
    async scan(targets, options = {}) {
      assertAlive(session)
      const own = eitherSignal(options.signal, signal)
      return sshScan({ open: session.another, askRoute }, targets, { ...options, signal: own }).catch((error) => {
        throw own?.aborted ? interrupted(own) : error
      })
    },
    identity: () => hostIdentity(plain),
    close: () => session.close(),
  }
}
