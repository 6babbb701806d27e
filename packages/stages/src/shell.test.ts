import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nftables } from '@lockgate/planes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import { must } from '../../../test/lab/run.ts'
import { restoreScript, snapshotScript } from './shell.ts'

const host = {
  id: 'host:10.20.0.11',
  via: 'local',
  addresses: ['10.20.0.11'],
  firewall: { nftables: '/nowhere/lockgate.nft' },
  keep: [],
  close: [],
  others: 'report',
} as const

const { target } = nftables.render({ stage: 'consolidate', host, backends: [], edgeAddresses: [] }, {})
const script = {
  files: [],
  liveName: 'live-0',
  readLive: target.readLive,
  loadLive: target.loadLive ?? [],
  reload: target.reload,
  undo: target.undo,
}

describe.skipIf(!have('netns', 'nft'))('putting rules back (netns, nft)', () => {
  const space = `lg-restore-${process.pid}`
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-restore-'))
  const inside = (...argv: readonly string[]) => must(['ip', 'netns', 'exec', space, ...argv], { cwd: folder })
  const list = () => inside('nft', 'list', 'ruleset')
  beforeAll(async () => {
    await must(['ip', 'netns', 'add', space])
    writeFileSync(join(folder, 'snapshot.sh'), snapshotScript([script]))
    writeFileSync(join(folder, 'restore.sh'), restoreScript([script], []))
    writeFileSync(join(folder, 'rules.nft'), target.files[0]?.content ?? '')
  })
  afterAll(async () => {
    await must(['ip', 'netns', 'delete', space])
    rmSync(folder, { recursive: true })
  })

  /** How many transactions of the kernel the work takes, as `nft monitor` counts them. */
  async function transactionsOf(work: () => Promise<unknown>): Promise<number> {
    const monitor = spawn('ip', ['netns', 'exec', space, 'nft', 'monitor'], { stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    monitor.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await sleep(500)
    await work()
    await sleep(500)
    const ended = once(monitor, 'exit')
    monitor.kill()
    await ended
    return said.match(/new generation/g)?.length ?? 0
  }

  test('replaces what is there in one transaction of the kernel', async () => {
    await inside('nft', '-f', 'rules.nft')
    const before = await list()
    await inside('sh', './snapshot.sh')
    await inside('nft', 'add table inet lockgate; delete table inet lockgate; add table inet lockgate')
    expect(await list()).not.toBe(before)
    const restoring = () => inside('sh', './restore.sh', 'again')
    expect(await transactionsOf(restoring)).toBe(1)
    expect(await list()).toBe(before)
    const twice = async () => {
      await restoring()
      await restoring()
    }
    expect(await transactionsOf(twice)).toBe(2)
  })

  test('takes everything out where nothing was there', async () => {
    await inside('nft', 'add table inet lockgate; delete table inet lockgate')
    await inside('sh', './snapshot.sh')
    await inside('nft', '-f', 'rules.nft')
    await inside('sh', './restore.sh', 'again')
    expect(await list()).toBe('')
  })
})
