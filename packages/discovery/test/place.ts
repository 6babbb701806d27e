/** A network namespace of its own with a folder, where tests start real engines; everything is gone at the end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Edge, PlaneId, Reach } from '@lockgate/model'
import { openReach } from '@lockgate/reach'

export interface Place {
  readonly folder: string
  readonly reach: Reach
  put(name: string, content: string): string
  /** Starts argv inside; waits until the TCP port of the namespace's loopback listens. */
  start(argv: readonly string[], port: number, env?: Readonly<Record<string, string>>): Promise<void>
}

const run = (...argv: readonly string[]) => execFileSync(argv[0] as string, argv.slice(1), { stdio: 'pipe' })

async function listening(reach: Reach, port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (child.exitCode !== null && child.exitCode !== 0) break
    const tried = await reach.connect({ host: '127.0.0.1', port }, { timeoutMs: 500 })
    if (tried.outcome === 'connected') {
      tried.socket.destroy()
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing listens on port ${port}`)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(timer)
}

export async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const name = `lgd${randomBytes(4).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  const children: ChildProcess[] = []
  run('ip', 'netns', 'add', name)
  let reach: Reach | undefined
  try {
    run('chmod', '755', folder)
    run('ip', '-n', name, 'link', 'set', 'lo', 'up')
    const opened = await openReach({ netns: name }, { baseDir: folder })
    reach = opened
    await work({
      folder,
      reach: opened,
      put(path, content) {
        const file = join(folder, path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, content)
        return file
      },
      async start(argv, port, env = {}) {
        const child = spawn('ip', ['netns', 'exec', name, ...argv], {
          stdio: process.env.LOCKGATE_TEST_OUTPUT ? 'inherit' : 'ignore',
          cwd: folder,
          env: { ...process.env, ...env },
        })
        children.push(child)
        await listening(opened, port, child)
      },
    })
  } finally {
    for (const child of children) await ended(child)
    await reach?.close()
    run('ip', 'netns', 'del', name)
    rmSync(folder, { recursive: true, force: true })
  }
}

export const has = (program: string): boolean => {
  try {
    run('sh', '-c', 'command -v "$1"', 'sh', program)
    return true
  } catch {
    return false
  }
}

export const envoyProgram: string | null =
  [process.env.LOCKGATE_ENVOY ?? '', join(homedir(), '.cache/lockgate-lab/envoy')].find(
    (path) => path && existsSync(path),
  ) ?? (has('envoy') ? 'envoy' : null)

/** Namespaces need root on Linux; in CI their absence is a failure, not a skip. */
export const canPlace = process.env.CI === 'true' || (process.platform === 'linux' && process.getuid?.() === 0)

export const edgeOf = (plane: PlaneId, config: string): Edge => ({
  id: 'front',
  plane,
  via: 'local',
  addresses: ['127.0.0.1'],
  listen: [],
  config,
  tls: { certificate: null, key: null, ca: null, names: {} },
  vhosts: 'ours',
  test: null,
  reload: null,
  accessLog: '/var/log/lockgate.jsonl',
})
