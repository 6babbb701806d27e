/** A network namespace of this machine, by `ip netns`: its own network, the machine's own files. */
import { stat } from 'node:fs/promises'
import { type ConnectOutcome, LockgateError, type Reach } from '@lockgate/model'
import { addressesOfIp, ipArgv } from './addresses.ts'
import { type ConnectorClient, connectorClient, type Reply } from './connector-client.ts'
import type { NamespaceLook } from './connector-protocol.ts'
import { eitherSignal } from './either-signal.ts'
import { listenersOf, ssArgv } from './listeners.ts'
import { localFiles } from './local-files.ts'
import { tried } from './local-reach.ts'
import { notFound, type RawResult, type RawRun, runProcess, textOf } from './run-process.ts'

const folder = '/var/run/netns'

function noNamespace(name: string): LockgateError {
  return new LockgateError(
    'LG3001',
    `there is no network namespace ${name} on this machine; \`ip netns list\` shows those there are`,
  )
}

export async function netnsReach(name: string, signal?: AbortSignal): Promise<Reach> {
  if (!(await stat(`${folder}/${name}`).catch(() => null))) throw noNamespace(name)
  const label = `netns:${name}`
  const prefix = ['ip', 'netns', 'exec', name]
  const client = connectorClient(label, prefix, () => noNamespace(name))
  const run: RawRun = async (argv, options = {}) => {
    const all = { ...options, signal: eitherSignal(options.signal, signal) }
    return seenThroughIp(argv[0] ?? '', await runProcess([...prefix, ...argv], all), noNamespace(name))
  }
  return {
    label,
    live: true,
    run: async (argv, options) => textOf(await run(argv, options)),
    ...localFiles(label, async (path) => path),
    async listeners() {
      const { tcp, tcp6 } = await look(client, signal)
      return listenersOf(tcp, tcp6, await tried(run, ssArgv))
    },
    addresses: () => addresses(label, run),
    connect: (target, { timeoutMs, signal: own } = {}) =>
      client
        .ask({ kind: 'connect', target, timeoutMs }, { signal: eitherSignal(own, signal) })
        .then(outcomeOf, (error: Error) => ({ outcome: 'failed', detail: error.message, ms: 0 })),
    async scan(targets, { signal: own, progress, ...options } = {}) {
      const all = { signal: eitherSignal(own, signal), progress }
      const { answer } = await client.ask({ kind: 'scan', targets, options }, all)
      if (answer.kind === 'scanned') return answer.results
      throw new LockgateError(
        'LG3001',
        `${label}: the scan broke off${answer.kind === 'broke' ? `: ${answer.message}` : ''}`,
      )
    },
    async identity() {
      const { bootId, netns } = await look(client, signal)
      return { bootId, netns }
    },
    close: () => client.close(),
  }
}

/** `ip` reports what it could not execute, and a namespace that it could not enter, with 255 or 1 of its own. */
function seenThroughIp(program: string, result: RawResult, noSuch: LockgateError): RawResult {
  if (result.code === 0 || result.stdout.length > 0) return result
  const said = result.stderr.toString('utf8')
  if (/^Cannot open network namespace/.test(said)) throw noSuch
  if (!said.startsWith(`exec of "${program}" failed: `)) return result
  return said.includes('No such file') ? notFound(program) : { ...result, code: 126 }
}

async function addresses(label: string, run: RawRun): Promise<readonly string[]> {
  const found = addressesOfIp((await tried(run, ipArgv)) ?? '')
  if (found) return found
  throw new LockgateError('LG3003', `${label}: \`ip -j addr\` gave no answer; install a newer iproute2`)
}

function outcomeOf({ answer, socket }: Reply): ConnectOutcome {
  if (answer.kind === 'connected' && socket)
    return { outcome: 'connected', socket, localAddress: answer.localAddress, ms: answer.ms }
  if (answer.kind === 'not-connected') return { outcome: answer.outcome, detail: answer.detail, ms: answer.ms }
  const detail = answer.kind === 'broke' ? answer.message : 'the connection ended while it was handed over'
  return { outcome: 'failed', detail, ms: 0 }
}

async function look(client: ConnectorClient, signal: AbortSignal | undefined): Promise<NamespaceLook> {
  const { answer } = await client.ask({ kind: 'look' }, { signal })
  if (answer.kind === 'looked') return answer.look
  throw new LockgateError('LG3003', answer.kind === 'broke' ? answer.message : 'the namespace did not answer')
}
