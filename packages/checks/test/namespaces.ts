/** A small network for probe tests: users, an edge and a host in namespaces of their own behind a router, IPv4 and IPv6. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Network {
  readonly folder: string
  /** Name of the namespace. */
  ns(place: string): string
  /** What the place's hosts file says beside localhost. */
  hostsFile(place: string, lines: string): void
  run(place: string, argv: readonly string[], input?: string): string
  /** Starts a program there and waits until it has written `ready` on its standard output. */
  start(place: string, argv: readonly string[], ready: string): Promise<ChildProcess>
  stop(child: ChildProcess): Promise<void>
  close(): Promise<void>
}

const segments = { users: 1, edge: 2, host: 3, plain: 4 } as const

export const addressOf = (place: keyof typeof segments, family: 4 | 6 = 4): string =>
  family === 4 ? `10.77.${segments[place]}.2` : `fd77:${segments[place]}::2`

/** `plain` has no IPv6. */
const families = (place: string): readonly (4 | 6)[] => (place === 'plain' ? [4] : [4, 6])

export const canMakeNamespaces = (): boolean => {
  const can = process.getuid?.() === 0 && ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'].some((one) => existsSync(one))
  if (!can && process.env.CI === 'true')
    throw new Error('these tests need root and iproute2; run test/lab/install as root')
  return can
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })

function joinRouter(router: string, ns: string, place: keyof typeof segments): void {
  const [inner, outer] = ['up0', `to-${place}`]
  ip('link', 'add', inner, 'netns', ns, 'type', 'veth', 'peer', 'name', outer, 'netns', router)
  for (const family of families(place)) {
    const net = family === 4 ? `10.77.${segments[place]}.` : `fd77:${segments[place]}::`
    const bits = family === 4 ? '24' : '64'
    const nodad = family === 4 ? [] : ['nodad']
    ip('-n', router, 'addr', 'add', `${net}1/${bits}`, 'dev', outer, ...nodad)
    ip('-n', ns, 'addr', 'add', `${net}2/${bits}`, 'dev', inner, ...nodad)
  }
  ip('-n', router, 'link', 'set', outer, 'up')
  ip('-n', ns, 'link', 'set', inner, 'up')
  for (const family of families(place))
    ip(
      '-n',
      ns,
      `-${family}`,
      'route',
      'add',
      'default',
      'via',
      family === 4 ? `10.77.${segments[place]}.1` : `fd77:${segments[place]}::1`,
    )
}

function build(prefix: string, made: string[]): void {
  for (const place of ['router', ...Object.keys(segments)]) {
    ip('netns', 'add', `${prefix}-${place}`)
    made.push(`${prefix}-${place}`)
    ip('-n', `${prefix}-${place}`, 'link', 'set', 'lo', 'up')
  }
  const router = `${prefix}-router`
  const sysctl = (key: string) => ip('netns', 'exec', router, 'sh', '-c', `echo 1 > /proc/sys/net/${key}`)
  sysctl('ipv4/ip_forward')
  sysctl('ipv6/conf/all/forwarding')
  const plain = `${prefix}-plain`
  ip('netns', 'exec', plain, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6')
  for (const place of Object.keys(segments) as (keyof typeof segments)[])
    joinRouter(router, `${prefix}-${place}`, place)
}

/** `ip netns exec` lays files of this folder over /etc. */
const overlays = '/etc/netns'

/** A resolver that refuses at once, as a machine without DNS that one need not wait for. */
function layOver(ns: string, hosts: string): void {
  mkdirSync(join(overlays, ns), { recursive: true })
  writeFileSync(join(overlays, ns, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
  writeFileSync(join(overlays, ns, 'hosts'), `127.0.0.1 localhost\n${hosts}`)
}

function liftOverlay(ns: string): void {
  rmSync(join(overlays, ns), { recursive: true, force: true })
  if (existsSync(overlays) && readdirSync(overlays).length === 0) rmdirSync(overlays)
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** Everything in it is gone after `close`, also when building it failed half-way. */
export function openNetwork(): Network {
  const prefix = `lgc${randomBytes(3).toString('hex')}`
  const made: string[] = []
  const children = new Set<ChildProcess>()
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-checks-'))
  const remove = () => {
    for (const one of made.splice(0)) {
      ip('netns', 'del', one)
      liftOverlay(one)
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    build(prefix, made)
    layOver(`${prefix}-users`, '')
  } catch (problem) {
    remove()
    throw problem
  }
  const stop = async (child: ChildProcess) => {
    child.kill('SIGKILL')
    children.delete(child)
    await ended(child)
  }
  const inside = (place: string, argv: readonly string[]) => ['netns', 'exec', `${prefix}-${place}`, ...argv]
  return {
    folder,
    ns: (place) => `${prefix}-${place}`,
    hostsFile: (place, lines) => layOver(`${prefix}-${place}`, lines),
    run: (place, argv, input) =>
      execFileSync('ip', inside(place, argv), { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] }),
    start(place, argv, ready) {
      const child = spawn('ip', inside(place, argv), { stdio: ['ignore', 'pipe', 'inherit'] })
      children.add(child)
      return new Promise((resolve, reject) => {
        child.once('exit', () => reject(new Error(`${argv.join(' ')} ended before it was ready`)))
        child.stdout?.on('data', (chunk) => String(chunk).includes(ready) && resolve(child))
      })
    },
    stop,
    async close() {
      await Promise.all([...children].map(stop))
      remove()
    },
  }
}
