/** Runs argv on a host behind ssh, as the user who logs in or by sudo. */
import { LockgateError, type RunOptions } from '@lockgate/model'
import { eitherSignal } from '../either-signal.ts'
import { notFound, type RawResult, type RawRun } from '../run-process.ts'
import type { StepRun } from './command-files.ts'
import { commandLine } from './shell-quote.ts'
import { sshRun } from './ssh-run.ts'
import type { SshSession } from './ssh-session.ts'
import { sudoersLines } from './sudoers-lines.ts'
import { turns } from './turns.ts'

/** Below OpenSSH's MaxSessions of 10. */
const sessionsAtOnce = 8

export interface HostCommands {
  /** By sudo where the host says so. */
  readonly run: RawRun
  readonly plain: RawRun
  readonly steps: StepRun
}

export function assertAlive(session: SshSession): void {
  const lost = session.lost()
  if (lost) throw new LockgateError('LG3001', lost)
}

/** What a program answers is read byte by byte: a greeting before it would be taken for a file's content or a missing file. */
function refuseGreeting(label: string, { code, stdout }: RawResult): void {
  const said = stdout.toString('utf8').trim()
  if (code !== 0 || said === '') return
  throw new LockgateError(
    'LG3003',
    `${label}: the login there writes ${JSON.stringify(said.slice(0, 200))} before what a command answers; let ~/.bashrc, /etc/profile.d or ForceCommand be silent where no terminal is, such as by \`case $- in *i*) ;; *) return ;; esac\` at the top of ~/.bashrc`,
  )
}

export function hostCommands(session: SshSession, sudo: boolean, signal: AbortSignal | undefined): HostCommands {
  const { label, client } = session
  const turn = turns(sessionsAtOnce)
  let silent: Promise<void> | null = null
  const assertSilent = (): Promise<void> => {
    silent ??= sshRun(client, label, 'true', { signal }).then((result) => refuseGreeting(label, result))
    silent.catch(() => {
      silent = null
    })
    return silent
  }
  const runLine = async (program: string, line: string, options: RunOptions = {}): Promise<RawResult> => {
    const result = await turn(async () => {
      assertAlive(session)
      await assertSilent()
      return sshRun(client, label, line, { ...options, signal: eitherSignal(options.signal, signal) })
    })
    return understood(label, program, result)
  }
  const runAs =
    (asRoot: boolean): RawRun =>
    async (argv, options) =>
      runLine(argv[0] ?? '', commandLine(argv, { sudo: asRoot, noInput: options?.input === undefined }), options)
  return {
    run: runAs(sudo),
    plain: runAs(false),
    async steps(list, input) {
      const lines = list.map(({ argv, input: reads }) => commandLine(argv, { sudo, noInput: !reads }))
      return runLine(list[0]?.argv[0] ?? '', lines.join(' && '), input === undefined ? {} : { input })
    },
  }
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
