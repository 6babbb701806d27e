/** Real sshds in the lab's namespaces, with users, sudo rights and keys that only these namespaces know. */
import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Via } from '@lockgate/model'
import { sudoersLines } from '@lockgate/reach'
import { type Lab, openLab } from './lab.ts'

export interface SshLab extends Lab {
  /** Address of the near host, as this process sees it. */
  readonly gate: string
  /** Public host keys by type: `ssh-ed25519 AAAA…`. */
  readonly hostKeys: Readonly<Record<'ed25519' | 'rsa' | 'ecdsa', string>>
  /** A file of known hosts with these lines. */
  knownHosts(...lines: readonly string[]): string
  /** By the user `ops`, the right key and the right known hosts. */
  via(more?: Partial<Extract<Via, { ssh: string }>>): Extract<Via, { ssh: string }>
  path(name: string): string
}

const users = ['ops', 'guest', 'greeted'] as const

function etcOf(namespace: string, folder: string): void {
  const etc = `/etc/netns/${namespace}`
  mkdirSync(etc, { recursive: true })
  const rows = users.map((user, index) => ({ user, id: 42_420 + index, home: join(folder, user) }))
  const passwd = rows.map(({ user, id, home }) => `${user}:x:${id}:${id}::${home}:/bin/sh\n`).join('')
  const shadow = rows.map(({ user }) => `${user}:*:19000:0:99999:7:::\n`).join('')
  writeFileSync(`${etc}/passwd`, readFileSync('/etc/passwd', 'utf8') + passwd)
  writeFileSync(`${etc}/shadow`, `root:*:19000:0:99999:7:::\n${shadow}`, { mode: 0o600 })
  writeFileSync(
    `${etc}/hosts`,
    `${readFileSync('/etc/hosts', 'utf8')}\n127.0.0.1 ${readFileSync('/etc/hostname', 'utf8')}`,
  )
  for (const { home, id } of rows) {
    mkdirSync(home, { mode: 0o755 })
    execFileSync('chown', [`${id}:${id}`, home])
  }
  const sudoers = `root ALL=(ALL) ALL\n${sudoersLines('ops').join('\n')}\n`
  writeFileSync(`${etc}/sudoers`, sudoers, { mode: 0o440 })
}

async function startSshd(lab: Lab, namespace: string, address: string): Promise<void> {
  const config = join(lab.folder, `sshd-${namespace}`)
  writeFileSync(
    config,
    [
      'Port 22',
      ...['ed25519', 'rsa', 'ecdsa'].map((type) => `HostKey ${join(lab.folder, `host_${type}`)}`),
      `AuthorizedKeysFile ${join(lab.folder, 'authorized')}`,
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'Match User guest',
      '  AllowTcpForwarding no',
      'Match User greeted',
      '  ForceCommand echo Welcome to acme; eval "$SSH_ORIGINAL_COMMAND"',
    ].join('\n'),
  )
  lab.start(namespace, ['/usr/sbin/sshd', '-D', '-q', '-f', config])
  for (let tries = 0; tries < 100; tries++) {
    if (lab.inside(namespace, ['ss', '-Hltn', 'sport = :22']).includes(':22')) return
    await wait(50)
  }
  throw new Error(`sshd did not come up at ${address}`)
}

/** The near host gets a cable to this process's own namespace too. */
function cable(lab: Lab): string {
  const net = `10.${randomInt(100, 250)}.${randomInt(1, 250)}`
  const name = lab.near.replace('-near', '').replace('lgr-', 'lgr')
  const ip = (line: string): void => void execFileSync('ip', line.split(' '))
  ip(`link add ${name} type veth peer name c1 netns ${lab.near}`)
  ip(`addr add ${net}.1/30 dev ${name}`)
  ip(`link set ${name} up`)
  ip(`-n ${lab.near} addr add ${net}.2/30 dev c1`)
  ip(`-n ${lab.near} link set c1 up`)
  return `${net}.2`
}

function makeKeys(folder: string): SshLab['hostKeys'] {
  const keygen = (...argv: string[]): void => void execFileSync('ssh-keygen', ['-q', ...argv])
  const path = (name: string): string => join(folder, name)
  for (const type of ['ed25519', 'rsa', 'ecdsa']) keygen('-t', type, '-N', '', '-f', path(`host_${type}`))
  keygen('-t', 'ed25519', '-N', '', '-f', path('user'))
  keygen('-t', 'rsa', '-N', '', '-f', path('user_rsa'))
  keygen('-t', 'ed25519', '-N', '', '-f', path('stranger'))
  keygen('-t', 'ed25519', '-N', 'secret', '-f', path('encrypted'))
  const authorized = ['user', 'user_rsa', 'encrypted'].map((name) => readFileSync(path(`${name}.pub`), 'utf8'))
  writeFileSync(path('authorized'), authorized.join(''))
  const text = (type: string): string =>
    readFileSync(path(`host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
  return { ed25519: text('ed25519'), rsa: text('rsa'), ecdsa: text('ecdsa') }
}

export async function openSshLab(): Promise<SshLab> {
  const lab = openLab()
  const disk = join(lab.folder, 'disk')
  const close = async (): Promise<void> => {
    execFileSync('umount', ['--lazy', disk])
    await lab.close()
    rmSync(`/etc/netns/${lab.near}`, { recursive: true, force: true })
  }
  // Before the first sshd: `ip netns exec` gives each program its own copy of the mounts there are.
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=777', 'none', disk])
  try {
    chmodSync(lab.folder, 0o755)
    mkdirSync('/run/sshd', { recursive: true })
    const hostKeys = makeKeys(lab.folder)
    etcOf(lab.near, lab.folder)
    const gate = cable(lab)
    await startSshd(lab, lab.near, gate)
    await startSshd(lab, lab.far, lab.far4)
    let files = 0
    const knownHosts = (...lines: readonly string[]): string => {
      const file = join(lab.folder, `known-${files++}`)
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
      return file
    }
    const right = knownHosts(`${gate},${lab.far4},${lab.far6} ${hostKeys.ed25519}`)
    const via: SshLab['via'] = (more = {}) => ({ ssh: `ops@${gate}`, key: 'user', 'known-hosts': right, ...more })
    return { ...lab, gate, hostKeys, knownHosts, via, path: (name) => join(lab.folder, name), close }
  } catch (error) {
    await close()
    throw error
  }
}
