/** An ssh server of a lab's host, with keys of its own: what `via: {ssh: …}` and an operator's session connect to. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Child } from './child.ts'
import { programPath } from './have.ts'
import { must } from './run.ts'

export interface Sshd {
  readonly user: string
  readonly port: number
  /** Private key that logs in. */
  readonly key: string
  /** known_hosts file with the line of this server. */
  readonly knownHosts: string
  readonly child: Child
}

export interface SshdOptions {
  /** Folder for its files. */
  readonly home: string
  readonly addresses: readonly string[]
  readonly port?: number
  readonly start: (argv: readonly string[]) => Promise<Child>
}

const newKey = (file: string) => must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', file])

/** Debian's privilege separation folder, which its init script would have made. */
const privilegeSeparation = '/run/sshd'

export async function startSshd({ home, addresses, port = 22, start }: SshdOptions): Promise<Sshd> {
  mkdirSync(home, { recursive: true })
  if (!existsSync(privilegeSeparation)) mkdirSync(privilegeSeparation, { mode: 0o755 })
  await newKey(`${home}/host`)
  await newKey(`${home}/client`)
  const files = {
    authorized: `${home}/authorized_keys`,
    known: `${home}/known_hosts`,
    config: `${home}/sshd_config`,
  }
  writeFileSync(files.authorized, readFileSync(`${home}/client.pub`), { mode: 0o600 })
  const [type, hostKey] = readFileSync(`${home}/host.pub`, 'utf8').split(' ')
  const named = (address: string) => (port === 22 ? address : `[${address}]:${port}`)
  writeFileSync(files.known, addresses.map((one) => `${named(one)} ${type} ${hostKey}\n`).join(''))
  const settings = [
    ...addresses.map((one) => `ListenAddress ${one.includes(':') ? `[${one}]` : one}:${port}`),
    `HostKey ${home}/host`,
    `AuthorizedKeysFile ${files.authorized}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AllowTcpForwarding yes',
    'MaxSessions 100',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
  ]
  writeFileSync(files.config, `${settings.join('\n')}\n`)
  const child = await start([programPath('sshd') ?? 'sshd', '-D', '-e', '-f', files.config])
  await child.until((_, stderr) => stderr.includes('Server listening'))
  return { user: 'root', port, key: `${home}/client`, knownHosts: files.known, child }
}
