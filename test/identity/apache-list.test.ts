/** The real gateway's list of live sessions and the Apache that reads it: who gets past the gateway, and for how long. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { have } from '../lab/index.ts'
import { cookieLine, statusOf } from './case.ts'
import { type IdentityBench, people, type SiteName, startIdentityBench } from './identity-bench.ts'

const session = '__Host-lockgate'

/** Everything in the list, with its paths. */
const listed = (bench: IdentityBench): readonly string[] =>
  readdirSync(join(bench.state, 'live'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))

/** Milliseconds. */
const endOf = (path: string): number => Number(/^t=\d+ t=(\d+)\n/.exec(readFileSync(path, 'utf8'))?.[1]) / 1_000

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`it never came: ${what}`)
}

async function held(bench: IdentityBench, site: SiteName) {
  const before = new Set(listed(bench))
  const browser = await bench.signedIn(people.ana, site)
  await browser.ask(`${bench.origin(site)}/x`)
  const key = browser.jar.get(`${site}.test`, session)?.value ?? ''
  const fresh = () => listed(bench).filter((one) => !before.has(one))
  return { browser, key, lines: [cookieLine({ [session]: key })], fresh }
}

describe.skipIf(!have('openssl', 'apache', 'root'))('the list of live sessions (openssl, apache, root)', () => {
  let bench: IdentityBench
  beforeAll(async () => {
    bench = await startIdentityBench('apache', { pass: '20s' })
  })
  afterAll(() => bench?.close())

  it('names a session by a digest, and only the group of Apache reads it', async () => {
    const at = await held(bench, 'plain')
    await until(() => at.fresh().length === 1, 'its file')
    const [path = ''] = at.fresh()
    const group = statSync(join(bench.home, 'run')).gid
    expect(statSync(path)).toMatchObject({ uid: 0, gid: group })
    expect(statSync(path).mode & 0o7777).toBe(0o640)
    for (const folder of [join(path, '..'), join(path, '../..')]) expect(statSync(folder).mode & 0o777).toBe(0o710)
    const text = readFileSync(path, 'utf8')
    expect(text.split('\n').slice(1, 2)).toEqual(['ana'])
    expect(path + text).not.toContain(at.key)
  })

  it('the backend is told the same straight as through the gateway', async () => {
    const at = await held(bench, 'plain')
    await until(() => at.fresh().length === 1, 'its file')
    const told = async (lines: readonly string[]): Promise<readonly (readonly [string, string])[]> => {
      bench.backend.forget()
      expect(statusOf(await bench.ask('plain', '/x', [...at.lines, 'Cookie-Test: 1', ...lines]))).toBe(200)
      const [seen] = bench.backend.seen()
      return (seen?.fields ?? []).map(([name, value]) => [name.toLowerCase(), value] as const)
    }
    const ours = (all: readonly (readonly [string, string])[]) =>
      all.filter(([name]) => /^(?:lockgate|x-forwarded|x-real|host|cookie)/.test(name)).toSorted()
    const straight = await told([])
    const carried = await told(['Accept: text/event-stream'])
    expect(ours(straight)).toEqual(ours(carried))
    expect(ours(straight).length).toBeGreaterThan(8)
  })

  it('issues no pass, and lists nothing for a signed identity or who is only watched', async () => {
    for (const site of ['app', 'watched'] as const) {
      const at = await held(bench, site)
      expect(at.browser.jar.get(`${site}.test`, '__Host-lockgate_pass')).toBeNull()
      expect(at.fresh()).toEqual([])
    }
  })

  it('a logout takes every file of the session out', async () => {
    const at = await held(bench, 'plain')
    await at.browser.open(`${bench.origin('quiet')}/x`)
    await until(() => at.fresh().length === 2, 'both files')
    const end = endOf(at.fresh()[0] ?? '')
    await at.browser.open(`${bench.origin('plain')}/.lockgate/logout`, { form: {} })
    await until(() => at.fresh().length === 0, 'their removal')
    expect(Date.now(), 'before they were over').toBeLessThan(end)
    expect(statusOf(await bench.ask('plain', '/x', at.lines))).toBe(401)
  })

  it('nobody is listed while the gateway could not hear of an end', async () => {
    const at = await held(bench, 'plain')
    await until(() => at.fresh().length === 1, 'its file')
    const [path = ''] = at.fresh()
    const end = endOf(path)
    const store = new DatabaseSync(join(bench.home, 'state/sessions.sqlite'))
    onTestFinished(() => store.close())
    const ask = async (): Promise<void> => expect(statusOf(await bench.ask('plain', '/x', at.lines))).toBe(200)
    store.exec('ALTER TABLE feed RENAME TO feed_away')
    await until(() => !existsSync(path), 'its removal')
    expect(Date.now(), 'before it was over').toBeLessThan(end)
    for (let count = 0; count < 5; count += 1) await ask()
    await sleep(500)
    expect(existsSync(path)).toBe(false)
    store.exec('ALTER TABLE feed_away RENAME TO feed')
    await until(async () => {
      await ask()
      return existsSync(path)
    }, 'its return')
  })

  it('what is over is removed, and listed again by requests that come later', async () => {
    const at = await held(bench, 'quiet')
    await until(() => at.fresh().length === 1, 'its file')
    const [path = ''] = at.fresh()
    await until(() => !existsSync(path), 'its end')
    const comesBack = async (): Promise<boolean> => {
      expect(statusOf(await bench.ask('quiet', '/x', at.lines))).toBe(200)
      return existsSync(path)
    }
    await until(comesBack, 'its return')
  })

  it('with the gateway killed a listed session goes on, and no longer than its file says', async () => {
    const at = await held(bench, 'plain')
    await until(() => at.fresh().length === 1, 'its file')
    const [path = ''] = at.fresh()
    const gateway = bench.gateway
    if (!gateway) throw new Error('no gateway')
    process.kill(gateway.pid, 'SIGKILL')
    await until(async () => statusOf(await bench.ask('app', '/x')) === 503, 'the end of its workers')
    expect(statusOf(await bench.ask('plain', '/x', at.lines))).toBe(200)
    await until(async () => statusOf(await bench.ask('plain', '/x', at.lines)) === 503, 'the end of the session')
    expect(existsSync(path), 'nobody was there to remove it').toBe(true)
    expect(Date.now()).toBeGreaterThanOrEqual(endOf(path))
  })
})
