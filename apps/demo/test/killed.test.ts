import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import { ownName } from '../src/owner.ts'
import { removeAbandoned, removeNetwork } from '../src/remove-network.ts'

const lockgate = fileURLToPath(new URL('../../../lockgate', import.meta.url))

const networks = (): readonly string[] => (existsSync('/run/netns') ? readdirSync('/run/netns') : [])

/** Processes that name the folder in their arguments. */
const running = (folder: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
      } catch {
        return false
      }
    })

async function until(holds: () => boolean, patienceMs: number): Promise<boolean> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(100)) if (holds()) return true
  return holds()
}

/** Resolves once the company runs and the first command begins. */
async function begin(folder: string, ground: string): Promise<ChildProcess> {
  const env = { ...process.env, LOCKGATE_DEMO_GROUND: ground }
  const demo = spawn(lockgate, ['demo', '--dir', folder], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  demo.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  expect(await until(() => said.includes('$ lockgate verify consolidate'), 90_000), said).toBe(true)
  return demo
}

describe.skipIf(!have('root'))('a demo that is killed (root)', () => {
  const home = mkdtempSync(join(tmpdir(), 'lockgate-killed-'))
  afterAll(() => rmSync(home, { recursive: true, maxRetries: 3 }))

  test.concurrent.each(['namespaces', 'loopback'])(
    'leaves nothing behind: %s',
    { timeout: 150_000 },
    async (ground) => {
      const folder = join(home, ground)
      const demo = await begin(folder, ground)
      const own = () => networks().filter((name) => name.startsWith(`lgdemo-${demo.pid}-`))
      expect(running(folder).length).toBeGreaterThan(4)
      expect(own().length > 0).toBe(ground === 'namespaces')
      demo.kill('SIGKILL')
      await until(() => running(folder).length === 0 && own().length === 0, 30_000)
      expect(running(folder)).toEqual([])
      expect(own()).toEqual([])
    },
  )

  test('what one left that was killed with all that keeps it is taken away by the next, and no other', () => {
    const [gone, here] = [`lgdemo-${2 ** 22 + 1}-1`, ownName()]
    for (const prefix of [gone, here]) expect(spawnSync('ip', ['netns', 'add', `${prefix}-edge`]).status).toBe(0)
    removeAbandoned()
    expect(networks()).not.toContain(`${gone}-edge`)
    expect(networks()).toContain(`${here}-edge`)
    removeNetwork(here)
    expect(networks()).not.toContain(`${here}-edge`)
  })
})
