/** A host behind ssh. Nothing of Lockgate is installed there. */
import { LockgateError, type Reach, type RunOptions } from '@lockgate/model'
import { addressesOfIp, ipArgv } from '../addresses.ts'
import { eitherSignal } from '../either-signal.ts'
import { listenersOf, ssArgv } from '../listeners.ts'
import { interrupted, notFound, type RawResult, type RawRun, textOf } from '../run-process.ts'
import type { SshVia } from '../via-name.ts'
import { commandFiles, type StepRun } from './command-files.ts'
import { type AskRoute, routeAnswer, saysOnlyFailed } from './route-answer.ts'
import { commandLine } from './shell-quote.ts'
import { forward } from './ssh-forward.ts'
import { type LineRun, sshRun } from './ssh-run.ts'
import { sshScan } from './ssh-scan.ts'
import { type SshSession, sshSession } from './ssh-session.ts'
import { sudoersLines } from './sudoers-lines.ts'
import { turns } from './turns.ts'

/** Below OpenSSH's MaxSessions of 10. */
const sessionsAtOnce = 8

export async function sshReach(via: SshVia, baseDir: string, signal?: AbortSignal): Promise<Reach> {
  const session = await sshSession(via, baseDir, signal)
  const { label, client } = session
  const turn = turns(sessionsAtOnce)
  const line: LineRun = (text, options = {}) =>
    turn(() => {
      assertAlive(session)
      return sshRun(client, label, text, { ...options, signal: eitherSignal(options.signal, signal) })
    })
  const runAs =
    (sudo: boolean): RawRun =>
    async (argv, options?: RunOptions) =>
      understood(
        label,
        argv[0] ?? '',
        await line(commandLine(argv, { sudo, noInput: options?.input === undefined }), options),
      )
  const run = runAs(via.sudo === true)
  const plain = runAs(false)
  const askRoute: AskRoute = (host) => routeAnswer(plain, host)
  const steps: StepRun = async (list, input) => {
    const text = list.map(({ argv, input: reads }) => commandLine(argv, { sudo: via.sudo === true, noInput: !reads }))
    return understood(
      label,
      list[0]?.argv[0] ?? '',
      await line(text.join(' && '), input === undefined ? {} : { input }),
    )
  }
  return {
    label,
    live: true,
    run: async (argv, options) => textOf(await run(argv, options)),
    ...commandFiles(label, steps),
    listeners: () => listeners(label, plain, run),
    addresses: () => addresses(label, plain),
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
    identity: () => identity(plain),
    close: () => session.close(),
  }
}

function assertAlive(session: SshSession): void {
  const lost = session.lost()
  if (lost) throw new LockgateError('LG3001', lost)
}

/** What sudo says when it does not run the program, told apart from its warnings and from what the program says. */
const sudoRefused =
  /^sudo: .*(?:password is required|terminal is required|no tty present|must be owned|effective uid|no new privileges)|is not allowed to (?:execute|run sudo)|is not in the sudoers file|^env: .*sudo.*: No such file/m

function understood(label: string, program: string, result: RawResult): RawResult {
  if (result.code === 0) return result
  const said = result.stderr.toString('utf8')
  if (/^sudo: .*: command not found/m.test(said)) return notFound(program)
  if (!sudoRefused.test(said)) return result
  throw new LockgateError(
    'LG3003',
    [
      `${label}: sudo did not run ${program} (${said.trim().split('\n')[0]}).`,
      'These lines in /etc/sudoers.d/lockgate on that host allow it (USER is who logs in there):',
      ...sudoersLines('USER'),
    ].join('\n'),
  )
}

async function textOrNull(run: RawRun, argv: readonly string[]): Promise<string | null> {
  const result = await run(argv)
  return result.code === 0 ? result.stdout.toString('utf8') : null
}

async function listeners(label: string, plain: RawRun, withRights: RawRun): ReturnType<Reach['listeners']> {
  const tcp = await textOrNull(plain, ['cat', '/proc/net/tcp'])
  if (tcp === null)
    throw new LockgateError('LG3003', `${label}: listening sockets are read from /proc/net/tcp, which is not there`)
  const tcp6 = await textOrNull(plain, ['cat', '/proc/net/tcp6'])
  const ss = await textOrNull(withRights, ssArgv).catch(() => textOrNull(plain, ssArgv))
  return listenersOf(tcp, tcp6, ss)
}

async function addresses(label: string, plain: RawRun): Promise<readonly string[]> {
  const found = addressesOfIp((await textOrNull(plain, ipArgv)) ?? '')
  if (found) return found
  throw new LockgateError('LG3003', `${label}: \`ip -j addr\` gave no answer there; install iproute2 on that host`)
}

async function identity(plain: RawRun): ReturnType<Reach['identity']> {
  const [bootId, netns] = await Promise.all([
    textOrNull(plain, ['cat', '/proc/sys/kernel/random/boot_id']),
    textOrNull(plain, ['readlink', '/proc/self/ns/net']),
  ])
  return { bootId: bootId?.trim() ?? null, netns: /\[(\d+)\]/.exec(netns ?? '')?.[1] ?? null }
}
