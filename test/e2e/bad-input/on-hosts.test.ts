/** Ctrl-C at any moment, programs that are missing, and the schema of every answer, on hosts of the lab. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers } from '@lockgate/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have, must } from '../../lab/index.ts'
import { createWorld, type World } from '../world.ts'
import { lockgate, quiet, say, waiver } from './refusal.ts'

describe.skipIf(!have('netns', 'nft', 'nginx'))('on hosts (netns, nft, nginx)', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ plane: 'nginx' })
  })
  afterAll(() => world?.close())
  const lab = (args: readonly string[]) => world.lab.lockgate(args, quiet)

  const expectUntouched = async () => {
    expect(readdirSync(world.engine.config).filter((name) => name !== 'access.jsonl')).toEqual([])
    expect((await world.lab.run('payroll', ['nft', 'list', 'tables'])).stdout).not.toContain('lockgate')
    expect(existsSync(world.lab.hostFile('payroll', 'lockgate.nft'))).toBe(false)
    expect(existsSync(join(world.lab.work, '.lockgate', 'transaction.json'))).toBe(false)
  }

  /** Interrupts once `due` is true, as Ctrl-C at a terminal does: everyone in the process group is told. */
  const interrupted = async (args: readonly string[], due: (stderr: string) => boolean) => {
    const child = spawn(lockgate, [...args, '--json', '--dir', world.lab.work], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...quiet.env },
    })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => (said.stdout += chunk))
    child.stderr.on('data', (chunk) => (said.stderr += chunk))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    try {
      for (const end = Date.now() + 30_000; Date.now() < end && child.exitCode === null; await sleep(10))
        if (due(said.stderr)) break
      process.kill(-(child.pid as number), 'SIGINT')
      return { code: await ended, ...said }
    } finally {
      child.kill('SIGKILL')
    }
  }

  it('Ctrl-C during verify ends with 130, and the log holds', async () => {
    const ran = await interrupted(['verify', '--sweep'], (stderr) => stderr.trim().length > 0)
    expect([ran.code, ran.stdout], say(ran)).toEqual([130, expect.stringContaining('LG9001')])
    answers.error.parse(JSON.parse(ran.stdout))
    expect(ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
    await must([lockgate, 'waive', ...waiver().slice(1), '--dir', world.lab.work], quiet)
    expect((await lab(['evidence', 'verify'])).code).toBe(0)
    await expectUntouched()
  })

  const hasRules = () => tables().includes('lockgate')
  const tables = () =>
    execFileSync('ip', ['netns', 'exec', world.lab.at('payroll').netns, 'nft', 'list', 'tables'], { encoding: 'utf8' })
  const hasFiles = () => readdirSync(world.engine.config).some((name) => name.endsWith('.conf'))

  it.each([
    ['as files are replaced', hasFiles],
    ['as rules are loaded', hasRules],
  ])('Ctrl-C during apply, %s, leaves every host as before', async (_title, due) => {
    const ran = await interrupted(['apply', 'consolidate', '--yes'], due)
    expect([ran.code, answers.apply.parse(JSON.parse(ran.stdout)).applied], say(ran)).toEqual([130, false])
    expect(ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
    await expectUntouched()
    expect((await lab(['evidence', 'verify'])).code).toBe(0)
  })

  it('Ctrl-C while what was applied is verified leaves it as after, and says what waits', async () => {
    const journal = join(world.lab.work, '.lockgate', 'transaction.json')
    const ran = await interrupted(
      ['apply', 'consolidate', '--yes'],
      () => existsSync(journal) && readFileSync(journal, 'utf8').includes('"phase":"pending"'),
    )
    const answer = answers.apply.parse(JSON.parse(ran.stdout))
    expect([ran.code, answer.applied, answer.because], say(ran)).toEqual([
      130,
      true,
      expect.stringMatching(/in force and waits for `lockgate confirm`.*not verified/),
    ])
    expect(tables()).toContain('lockgate')
    expect((await lab(['rollback'])).code).toBe(0)
    await expectUntouched()
  })

  it('Ctrl-C in confirm or rollback leaves the change waiting, or ends what has begun', async () => {
    const journal = join(world.lab.work, '.lockgate', 'transaction.json')
    const rulesFile = world.lab.hostFile('payroll', 'lockgate.nft')
    expect((await lab(['apply', 'consolidate', '--yes'])).code).toBe(0)
    const early = await interrupted(['confirm'], () => true)
    expect([existsSync(journal), existsSync(rulesFile)], say(early)).toEqual([true, false])
    const late = await interrupted(['confirm'], () => existsSync(rulesFile))
    expect(existsSync(journal), say(late)).toBe(false)
    expect(JSON.parse(late.stdout), say(late)).toMatchObject({ confirmed: true })
    const back = await interrupted(['rollback'], () => !existsSync(rulesFile) || !hasFiles())
    expect(JSON.parse(back.stdout), say(back)).toMatchObject({ left: [] })
    await expectUntouched()
    expect((await lab(['evidence', 'verify'])).code).toBe(0)
  }, 120_000)

  it.each(['test', 'reload'])('a %s program that is not installed', async (part) => {
    const changed = structuredClone(world.config)
    Object.assign(changed.edges[0] as object, { [part]: ['no-such-engine', '-t'] })
    world.lab.yaml(changed)
    try {
      const ran = await lab(['apply', 'consolidate', '--yes'])
      const answer = answers.apply.parse(ran.answer)
      expect([ran.code, answer.applied, answer.because], say(ran)).toEqual([
        3,
        false,
        expect.stringMatching(/no-such-engine is not there.*nothing was changed\. Install it/),
      ])
      await expectUntouched()
    } finally {
      world.lab.yaml(world.config)
    }
  })

  it('every answer is as its schema says', async () => {
    const ask = async (schema: { parse(value: unknown): unknown }, ...args: readonly string[]) => {
      const { code, answer, stderr } = await lab(args)
      expect(() => schema.parse(answer), `${args.join(' ')}: ${code} ${say(answer)} ${stderr}`).not.toThrow()
      return code
    }
    expect(await ask(answers.scan, 'scan')).toBe(1)
    expect(await ask(answers.plan, 'plan', 'consolidate')).toBe(0)
    expect(await ask(answers.verify, 'verify', 'consolidate')).toBe(1)
    expect(await ask(answers.verify, 'verify')).toBe(1)
    expect(await ask(answers.status, 'status')).toBe(1)
    expect(await ask(answers.apply, 'apply', 'consolidate', '--yes')).toBe(0)
    expect(await ask(answers.status, 'status')).toBe(1)
    expect(await ask(answers.error, 'apply', 'consolidate', '--yes')).toBe(1)
    expect((await lab(['confirm'])).code).toBe(0)
    expect(await ask(answers.verify, 'verify', 'consolidate')).toBe(0)
    expect(await ask(answers.plan, 'plan', 'consolidate')).toBe(0)
    expect((await lab(['uninstall', '--yes'])).code).toBe(0)
    await expectUntouched()
  })
})
