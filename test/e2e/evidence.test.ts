import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../lab/index.ts'

const lockgate = fileURLToPath(new URL('../../lockgate', import.meta.url))
const say = (value: unknown) => JSON.stringify(value, null, 1)

/** Nothing but this machine is asked: the gate is shut, and that is evidence too. */
const configuration = `version: 1
edges:
  - { id: front, plane: builtin, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:9"], config: /nowhere/lockgate }
backends:
  - { id: payroll, edge: front, public: "http://payroll.acme.test:9", upstream: "http://127.0.0.1:1",
      host: { via: local, addresses: [127.0.0.1], firewall: { none: test } } }
vantages: [{ id: office, stands: users, via: local }]
`

describe('evidence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-evidence-'))
  const work = join(folder, 'work')
  const exported = join(folder, 'exported')
  let early = ''
  let vkey = ''

  const cli = async (...args: readonly string[]) => {
    const ran = await run([lockgate, ...args, '--json'], { timeoutMs: 60_000 })
    return {
      code: ran.code,
      text: ran.stdout + ran.stderr,
      answer: JSON.parse(ran.stdout || 'null') as Record<string, unknown>,
    }
  }
  const waive = () =>
    cli(
      'waive',
      'consolidate.tcp-direct',
      '--backend',
      'payroll',
      '--owner',
      'ana',
      '--reason',
      'moving',
      '--until',
      soon,
      '--dir',
      work,
    )
  const soon = new Date(Date.now() + 86_400_000).toISOString()
  const log = (dir: string) => join(dir, 'operator')

  beforeAll(async () => {
    mkdirSync(work)
    writeFileSync(join(work, 'lockgate.yaml'), configuration)
    const first = await waive()
    expect(first.code, say(first)).toBe(0)
    early = join(folder, 'early-checkpoint')
    cpSync(join(work, '.lockgate', 'log', 'operator', 'checkpoint'), early)
    for (let count = 0; count < 5; count++) await waive()
    vkey = readFileSync(join(work, '.lockgate', 'log', 'operator', 'log.vkey'), 'utf8').trim()
    const out = await cli('evidence', 'export', '--out', exported, '--dir', work)
    expect(out.code, say(out)).toBe(0)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const copy = (name: string) => {
    const to = join(folder, name)
    cpSync(exported, to, { recursive: true })
    return to
  }
  const segment = (dir: string) => {
    const segments = join(log(dir), 'segments')
    return join(segments, readdirSync(segments).find((name) => name.endsWith('.jsonl')) as string)
  }

  it('verifies offline in another folder, and says that its origin is not established', async () => {
    const { code, answer } = await cli('evidence', 'verify', exported)
    expect([code, answer.holds, answer.origin]).toEqual([0, true, 'consistent in itself, origin not established'])
  })

  it('says more with a pinned key, and with an earlier checkpoint', async () => {
    expect((await cli('evidence', 'verify', exported, '--key', vkey)).answer).toMatchObject({
      holds: true,
      origin: 'signed by the pinned key',
    })
    expect((await cli('evidence', 'verify', exported, '--since', early)).answer).toMatchObject({
      holds: true,
      origin: 'extends the given checkpoint',
    })
  })

  it('names the record of one changed byte', async () => {
    const dir = copy('changed')
    const bytes = readFileSync(segment(dir))
    const at = bytes.indexOf('moving', bytes.indexOf(10, bytes.indexOf(10) + 1))
    bytes[at] = 'M'.charCodeAt(0)
    writeFileSync(segment(dir), bytes)
    const { code, answer } = await cli('evidence', 'verify', dir)
    expect(code).toBe(1)
    expect((answer.logs as { problems: { record: number }[] }[])[0]?.problems[0]?.record, say(answer)).toBe(2)
  })

  it('finds a log that was cut off and signed anew, by the key and by the earlier checkpoint', async () => {
    const other = join(folder, 'other')
    cpSync(work, other, { recursive: true })
    rmSync(join(other, '.lockgate'), { recursive: true })
    await cli(
      'waive',
      'consolidate.ipv6',
      '--backend',
      'payroll',
      '--owner',
      'eve',
      '--reason',
      'x',
      '--until',
      soon,
      '--dir',
      other,
    )
    const rebuilt = join(other, '.lockgate', 'log')
    expect((await cli('evidence', 'verify', rebuilt)).answer).toMatchObject({
      holds: true,
      origin: 'consistent in itself, origin not established',
    })
    expect((await cli('evidence', 'verify', rebuilt, '--key', vkey)).code).toBe(1)
    expect((await cli('evidence', 'verify', rebuilt, '--since', early)).code).toBe(1)
  })

  it('publishes each checkpoint by the named command, and says so where that fails', async () => {
    const file = join(work, 'lockgate.yaml')
    const published = join(folder, 'published')
    writeFileSync(
      file,
      `${configuration}log: { publish: [[sh, -c, 'cat >>"$0"', ${published}], [sh, -c, 'exit 3']] }\n`,
    )
    const { code, text } = await waive()
    writeFileSync(file, configuration)
    expect([code, text]).toEqual([0, expect.stringContaining('not published')])
    expect(readFileSync(published, 'utf8')).toBe(
      readFileSync(join(work, '.lockgate', 'log', 'operator', 'checkpoint'), 'utf8'),
    )
  })

  it('refuses a second lockgate at work, naming it, and loses nothing', async () => {
    const watch = () => {
      const child = spawn(lockgate, ['watch', '--dir', work, '--quiet', '--json'], { stdio: 'ignore' })
      return { child, ended: once(child, 'exit') }
    }
    let holder = watch()
    try {
      for (let tries = 0; tries < 50; tries++) {
        // One that began while a waiver was being written was itself refused.
        if (holder.child.exitCode !== null) holder = watch()
        const ran = await waive()
        if (ran.code === 0) continue
        expect([ran.code, ran.text]).toEqual([1, expect.stringContaining('LG3102')])
        return
      }
      throw new Error('the log was never found taken')
    } finally {
      holder.child.kill('SIGINT')
      await holder.ended
    }
  })
})
