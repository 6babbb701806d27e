/** Network namespaces for tests: random names, an agent in each, everything removed by `close`. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Space {
  readonly name: string
  /** Runs argv inside and gives its standard output; throws when it fails. */
  run(...argv: readonly string[]): string
  /** What became of it: `listening`, `connected`, `ECONNREFUSED`, … */
  ask(act: 'listen' | 'connect' | 'hold' | 'echo', host: string, port: number, from?: string): Promise<string>
}

export interface Spaces {
  readonly space: Readonly<Record<string, Space>>
  /** A cable between two spaces, with addresses in CIDR form at each end. */
  cable(a: string, aAddresses: readonly string[], b: string, bAddresses: readonly string[]): void
  close(): Promise<void>
}

/** Root on Linux with `ip` and `nft`. */
export function canMakeNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' })
    execFileSync('nft', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const ip = (...args: readonly string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })

function startAgent(name: string): { child: ChildProcess; ask: Space['ask'] } {
  const script = fileURLToPath(new URL('./netns-agent.ts', import.meta.url))
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, (result: string) => void>()
  let next = 0
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const { id, result } = JSON.parse(line) as { id: number; result: string }
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  const ask: Space['ask'] = (act, host, port, from) =>
    new Promise((resolve) => {
      next += 1
      waiting.set(next, resolve)
      child.stdin?.write(`${JSON.stringify({ id: next, act, host, port, from })}\n`)
    })
  return { child, ask }
}

export function makeNamespaces(names: readonly string[]): Spaces {
  const tag = `lgp-${randomBytes(3).toString('hex')}`
  const full = (name: string) => `${tag}-${name}`
  const children: ChildProcess[] = []
  const space: Record<string, Space> = {}
  let cables = 0
  for (const name of names) {
    ip('netns', 'add', full(name))
    ip('-n', full(name), 'link', 'set', 'lo', 'up')
    for (const which of ['all', 'default'])
      ip('netns', 'exec', full(name), 'sysctl', '-qw', `net.ipv6.conf.${which}.accept_dad=0`)
    const { child, ask } = startAgent(full(name))
    children.push(child)
    space[name] = {
      name: full(name),
      run: (...argv) => execFileSync('ip', ['netns', 'exec', full(name), ...argv], { encoding: 'utf8', stdio: 'pipe' }),
      ask,
    }
  }
  return {
    space,
    cable: (a, aAddresses, b, bAddresses) => {
      cables += 1
      const ends = [`v${cables}a`, `v${cables}b`] as const
      ip('-n', full(a), 'link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1], 'netns', full(b))
      for (const [owner, link, addresses] of [
        [a, ends[0], aAddresses],
        [b, ends[1], bAddresses],
      ] as const) {
        for (const one of addresses)
          ip('-n', full(owner), 'addr', 'add', one, 'dev', link, ...(one.includes(':') ? ['nodad'] : []))
        ip('-n', full(owner), 'link', 'set', link, 'up')
      }
    },
    close: async () => {
      for (const child of children) {
        const ended = child.exitCode === null ? once(child, 'exit') : null
        child.stdin?.end()
        await ended
      }
      for (const name of names) ip('netns', 'del', full(name))
    },
  }
}
