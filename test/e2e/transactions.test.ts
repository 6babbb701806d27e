import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from '../lab/index.ts'
import { createWorld, type World } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)
const root = fileURLToPath(new URL('../..', import.meta.url))

interface Answer {
  readonly applied: boolean
  readonly because?: string
  readonly restored: readonly { path: string }[]
}

describe.skipIf(!have('netns', 'nft', 'nginx'))(
  'a change that fails leaves every host as it was (netns, nft, nginx)',
  () => {
    let world: World
    beforeAll(async () => {
      world = await createWorld({ plane: 'nginx', hosts: ['payroll'] })
    })
    afterAll(() => world?.close())

    const folder = () => readdirSync(world.engine.config).filter((name) => name !== 'access.jsonl')
    const rules = async () => (await world.lab.run('payroll', ['nft', 'list', 'tables'])).stdout
    const nftFile = () => world.lab.hostFile('payroll', 'lockgate.nft')
    const expectUntouched = async () => {
      expect(folder()).toEqual([])
      expect(await rules()).not.toContain('lockgate')
      expect(existsSync(nftFile())).toBe(false)
    }
    const withEdge = async (change: Record<string, unknown>, work: () => Promise<unknown>) => {
      const changed = structuredClone(world.config)
      Object.assign(changed.edges[0] as object, change)
      world.lab.yaml(changed)
      try {
        await work()
      } finally {
        world.lab.yaml(world.config)
      }
    }
    const refused = async (code: number, because: RegExp, ...args: readonly string[]) => {
      const ran = await world.lab.lockgate(['apply', 'consolidate', '--yes', ...args])
      const answer = ran.answer as Answer
      expect([ran.code, answer.applied], say(ran)).toEqual([code, false])
      expect(answer.because).toMatch(because)
      await expectUntouched()
    }

    it("when the engine's own test refuses it", () =>
      withEdge({ test: ['sh', '-c', 'echo broken >&2; exit 1'] }, () => refused(3, /broken/)))

    it('when the test command does not exist', () =>
      withEdge({ test: ['no-such-engine', '-t'] }, () => refused(3, /no-such-engine/)))

    it('when the reload ends with 0 and takes no effect', () =>
      withEdge({ reload: ['true'] }, () => refused(3, /did not take the new configuration/)))

    it('when the engine is down, and says how to start it', async () => {
      await world.engine.stop()
      await refused(3, /start/i)
      await world.engine.restart()
    })

    it('when the backend does not answer through the proxy', async () => {
      await world.stopBackend('payroll')
      await refused(1, /payroll does not answer/)
      await world.restartBackend('payroll', {})
    })

    it('when a file of the folder is not ours, and shows the difference', async () => {
      const plan = (await world.lab.lockgate(['plan', 'consolidate'])).answer as { files: { path: string }[] }
      const path = plan.files[0]?.path as string
      writeFileSync(path, '# mine\n')
      const { code, answer } = await world.lab.lockgate(['apply', 'consolidate', '--yes'])
      expect([code, say(answer)]).toEqual([1, expect.stringContaining('- # mine')])
      expect(readFileSync(path, 'utf8')).toBe('# mine\n')
      await world.lab.run('edge', ['rm', path])
    })

    it('when it is not confirmed in time, by itself', async () => {
      const { code } = await world.lab.lockgate(['apply', 'consolidate', '--yes', '--confirm-within', '3s'])
      expect(code).toBe(0)
      expect(await rules()).toContain('lockgate')
      expect(existsSync(nftFile())).toBe(false)
      await sleep(6_000)
      await expectUntouched()
      const late = await world.lab.lockgate(['confirm'])
      expect([late.code, say(late.answer)]).toEqual([1, expect.stringContaining('confirmed by')])
    })

    it.each([
      ['and its start puts it back', true],
      ['with a start that puts nothing back', false],
    ])('when the host restarts inside the window, %s: what is not confirmed is not kept', async (_, puts) => {
      const { code } = await world.lab.lockgate(['apply', 'consolidate', '--yes'])
      expect(code).toBe(0)
      const scripts = await endTimers()
      await world.lab.run('payroll', ['nft', 'flush', 'ruleset'])
      if (puts) for (const script of scripts) await world.lab.run('payroll', ['sh', script])
      expect(existsSync(nftFile())).toBe(false)
      const confirmed = await world.lab.lockgate(['confirm'])
      expect(confirmed.code, say(confirmed)).toBe(1)
      await expectUntouched()
    })

    /** A restart ends every process; the host's timers are told by its rules' path in their restore scripts, which it gives back. */
    const endTimers = async (): Promise<readonly string[]> => {
      const state = '/var/lib/lockgate'
      const scripts = readdirSync(state)
        .filter((one) => one.startsWith('tx-'))
        .map((name) => join(state, name, 'restore.sh'))
        .filter((script) => existsSync(script) && readFileSync(script, 'utf8').includes(nftFile()))
      for (const script of scripts)
        process.kill(Number(readFileSync(join(dirname(script), 'timer.pid'), 'utf8')), 'SIGKILL')
      return scripts
    }

    it('when lockgate is killed at any point', async () => {
      for (const after of [500, 1_000, 1_500, 2_000, 2_500, 3_500]) {
        const argv = ['apply', 'consolidate', '--yes', '--json', '--confirm-within', '5s', '--dir', world.lab.work]
        const program = ['--conditions=source', join(root, 'apps/cli/src/main.ts')]
        const child = spawn(join(root, 'node_modules/.bin/node'), [...program, ...argv], { stdio: 'ignore' })
        const exited = once(child, 'exit')
        await sleep(after)
        child.kill('SIGKILL')
        await exited
        const status = await world.lab.lockgate(['status'])
        expect(status.code, say(status)).toBe(1)
        // the hosts do it by themselves: nothing of ours runs now
        await sleep(11_500)
        await expectUntouched()
        await world.lab.lockgate(['rollback'])
      }
    }, 240_000)

    it('refuses a second apply while one is at work or waits', async () => {
      const both = await Promise.all([1, 2].map(() => world.lab.lockgate(['apply', 'consolidate', '--yes'])))
      expect(both.map((one) => one.code).sort(), say(both)).toEqual([0, 1])
      const third = await world.lab.lockgate(['apply', 'consolidate', '--yes'])
      expect([third.code, say(third.answer)]).toEqual([1, expect.stringContaining('LG2002')])
      const back = await world.lab.lockgate(['rollback'])
      expect(back.code, say(back)).toBe(0)
      await expectUntouched()
    })

    it('asks nobody without a terminal', async () => {
      const { code, answer } = await world.lab.lockgate(['apply', 'consolidate'])
      expect([code, say(answer)]).toEqual([2, expect.stringContaining('--yes')])
      await expectUntouched()
    })

    it('rolls a confirmed change back, and takes everything out with uninstall', async () => {
      await world.lab.lockgate(['apply', 'consolidate', '--yes'])
      expect((await world.lab.lockgate(['confirm'])).code).toBe(0)
      expect(existsSync(nftFile())).toBe(true)
      expect((await world.lab.lockgate(['rollback'])).code).toBe(0)
      await expectUntouched()
      await world.lab.lockgate(['apply', 'consolidate', '--yes', '--confirm-within', '0'])
      const out = await world.lab.lockgate(['uninstall', '--yes'])
      expect(out.code, say(out)).toBe(0)
      await expectUntouched()
    })
  },
)
