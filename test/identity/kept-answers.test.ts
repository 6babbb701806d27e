/** What nginx keeps of the gateway's answers for longer than a moment, and that it is gone with its session. */
import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Browser } from '../lab/idp/index.ts'
import { type Child, have } from '../lab/index.ts'
import { type IdentityBench, people, type SiteName, startIdentityBench } from './identity-bench.ts'

const sites: readonly SiteName[] = ['app', 'plain']
const methods = ['GET', 'POST', 'DELETE'] as const
const kept = [...sites].flatMap((site) => methods.map((method) => [site, method] as const))
const longerThanAMoment = 3_000

describe.skipIf(!have('openssl', 'nginx'))('answers that nginx keeps', () => {
  let bench: IdentityBench
  let gateway: Child
  let folder: string
  let browser: Browser

  const status = async (site: SiteName, method: string = 'GET'): Promise<number> =>
    (await browser.ask(`${bench.origin(site)}/x`, { method })).status
  /** One after the other. */
  const all = async (): Promise<readonly number[]> => {
    const answers: number[] = []
    for (const [site, method] of kept) answers.push(await status(site, method))
    return answers
  }
  const allAs = (answer: number): readonly number[] => kept.map(() => answer)
  /** Names of what nginx keeps, and seconds for which it would still give it; 0 for what was withdrawn. */
  const lives = (): ReadonlyMap<string, number> =>
    new Map(
      readdirSync(folder).map((name) => {
        const head = readFileSync(join(folder, name))
        return [name, head.readBigUInt64LE(0) === 0n ? 0 : Number(head.readBigUInt64LE(8)) - Date.now() / 1_000]
      }),
    )
  const longest = (): number => Math.max(...lives().values())
  const living = (): readonly string[] => [...lives()].filter(([, seconds]) => seconds > 10).map(([name]) => name)
  /** Each process of the gateway shows for itself that it can withdraw, and lets answers be kept for long from then on. */
  const keepAll = async (others: readonly string[]): Promise<void> => {
    const own = () => living().filter((name) => !others.includes(name))
    for (let tries = 0; own().length < kept.length; await sleep(100)) {
      if (++tries > 300) throw new Error(`kept for ${[...lives().values()]} s\n${gateway.stderr()}`)
      expect(await all()).toEqual(allAs(200))
    }
  }
  /** In far less than the time for which they would be kept. */
  const untilRefused = async (): Promise<void> => {
    for (let tries = 0; (await all()).includes(200); await sleep(100)) if (++tries > 50) throw new Error('still let in')
  }
  const stopGateway = (): void => void process.kill(-gateway.pid, 'SIGSTOP')
  const goOn = (): void => void process.kill(-gateway.pid, 'SIGCONT')

  beforeAll(async () => {
    bench = await startIdentityBench('nginx')
    gateway = bench.gateway as Child
    folder = JSON.parse(readFileSync(join(bench.home, 'lockgate/gateway.json'), 'utf8')).identity.kept
  })
  afterAll(() => bench?.close())
  beforeEach(async () => {
    const others = living()
    browser = await bench.signedIn(people.ana, ...sites)
    await keepAll(others)
  })
  afterEach(() => goOn())

  it('are given while the gateway stands still', async () => {
    stopGateway()
    await sleep(longerThanAMoment)
    expect(await all()).toEqual(allAs(200))
  })

  it('a logout withdraws all of them', async () => {
    await browser.open(`${bench.origin('app')}/.lockgate/logout`, { form: {} })
    await untilRefused()
  })

  it('a back-channel logout withdraws all of them', async () => {
    await bench.idp.endSessions(people.ana.login)
    await untilRefused()
  })

  it('one that nginx stores only after its session has ended is withdrawn again', async () => {
    const names = readdirSync(folder)
    for (const name of names) copyFileSync(join(folder, name), join(bench.home, name))
    await browser.open(`${bench.origin('app')}/.lockgate/logout`, { form: {} })
    await untilRefused()
    const storeLate = (): void => {
      for (const name of names) copyFileSync(join(bench.home, name), join(folder, `${name}.late`))
      for (const name of names) renameSync(join(folder, `${name}.late`), join(folder, name))
    }
    for (let tries = 0, seen: readonly number[] = []; !seen.includes(200); seen = await all()) {
      if (++tries > 20) throw new Error('the stored answers never stood for the session')
      storeLate()
    }
    await untilRefused()
  })

  it('none is kept while the gateway could not hear of an end', async () => {
    const store = new DatabaseSync(join(bench.home, 'state/sessions.sqlite'))
    onTestFinished(() => store.close())
    store.exec('ALTER TABLE feed RENAME TO feed_away')
    for (let tries = 0; living().length > 0; await sleep(100)) if (++tries > 50) throw new Error('still kept')
    for (let tries = 0; tries < 3; tries++) expect(await all()).toEqual(allAs(200))
    expect(longest()).toBeLessThanOrEqual(2)
    store.exec('ALTER TABLE feed_away RENAME TO feed')
    await keepAll([])
  })

  it('a gateway that starts anew withdraws what the one before it left', async () => {
    await gateway.stop('SIGKILL')
    expect(await all()).toEqual(allAs(200))
    gateway = await bench.startGateway()
    expect(longest()).toBeLessThanOrEqual(2)
    expect(living()).toEqual([])
    expect(await all()).toEqual(allAs(200))
  })

  it('a gateway that stops withdraws them', async () => {
    await gateway.stop('SIGTERM')
    expect(await all()).not.toContain(200)
    gateway = await bench.startGateway()
  })

  it('are kept for a moment where the gateway knows another folder', async () => {
    const file = join(bench.home, 'lockgate/gateway.json')
    const config = JSON.parse(readFileSync(file, 'utf8'))
    config.identity.kept = `${folder}-moved`
    writeFileSync(file, JSON.stringify(config))
    for (let tries = 0; !gateway.stderr().includes('cannot be withdrawn'); await sleep(100)) {
      if (++tries > 300) throw new Error(gateway.stderr())
      await all()
    }
    expect(gateway.stderr()).toContain(`${folder}-moved`)
    expect(await all()).toEqual(allAs(200))
    expect(longest()).toBeLessThanOrEqual(2)
  })
})
