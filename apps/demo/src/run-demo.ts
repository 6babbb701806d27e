/** The demo company walks the stages: chooses its ground, starts what is there, and runs the commands that a person would. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { LockgateError } from '@lockgate/model'
import type { DemoOptions } from './demo-options.ts'
import { chooseGround, enterUserNamespace, withSystemPath } from './ground.ts'
import { startKeeper } from './keeper.ts'
import { walkInNamespaces } from './walk.ts'

const insideVariable = 'LOCKGATE_DEMO_GROUND'

/** The exit code: 0 where the gate of every stage that exists was shut first and is open at the end. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const inside = process.env[insideVariable]
  const ground = inside === 'user-namespace' ? 'user-namespace' : chooseGround(inside)
  if (options.lab && ground !== 'namespaces')
    throw new LockgateError('LG3007', 'demo --lab needs root on Linux with ip and nft (packages iproute2 and nftables)')
  if (ground === 'user-namespace' && inside === undefined) return enterAndRun(options)
  const folder = prepareFolder(options.folder)
  if (ground === 'loopback') {
    const { walkOnLoopback } = await import('./loopback.ts')
    return walkOnLoopback(options, folder)
  }
  return walkInNamespaces(options, folder, ground)
}

function prepareFolder(wanted: string | null): string {
  if (wanted === null) return mkdtempSync(join(tmpdir(), 'lockgate-demo-'))
  const folder = resolve(wanted)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** The same demo again, as root of a user namespace of its own; it ends when that ends. */
async function enterAndRun({ lockgate, step, json, folder, signal }: DemoOptions): Promise<number> {
  const flags = [...(step ? ['--step'] : []), ...(json ? ['--json'] : []), ...(folder ? ['--dir', folder] : [])]
  const [program = '', ...args] = enterUserNamespace([...lockgate, 'demo', ...flags])
  const keeper = startKeeper()
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...withSystemPath(process.env), [insideVariable]: 'user-namespace', ...keeper.mark },
  })
  if (child.pid !== undefined) keeper.began(child.pid)
  const pass = () => child.kill('SIGINT')
  signal.addEventListener('abort', pass)
  const [code] = (await once(child, 'exit')) as [number | null]
  signal.removeEventListener('abort', pass)
  if (child.pid !== undefined) keeper.ended(child.pid)
  await keeper.close()
  return code ?? 130
}
