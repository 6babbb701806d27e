/** Starts a real engine in the foreground from a temporary folder, and ends exactly that process. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Engine {
  readonly child: ChildProcess
  readonly output: () => string
  stop(): Promise<void>
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => done(true))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
    socket.once('connect', () => socket.destroy())
  })

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await once(child, 'exit')
  clearTimeout(timer)
}

export async function startEngine(argv: readonly string[], port: number): Promise<Engine> {
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  child.stderr?.on('data', (chunk) => {
    text += chunk
  })
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`${argv.join(' ')} ended: ${text}`)
    if (await accepts(port)) return { child, output: () => text, stop: () => end(child) }
    await sleep(50)
  }
  await end(child)
  throw new Error(`${argv.join(' ')} does not listen on ${port}: ${text}`)
}

export const run = (argv: readonly string[]): { readonly code: number | null; readonly output: string } => {
  const result = spawnSync(argv[0] as string, argv.slice(1), { encoding: 'utf8', timeout: 20_000 })
  return { code: result.status, output: `${result.stdout}${result.stderr}` }
}
