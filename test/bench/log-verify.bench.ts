/** Verifying and reading a log on one core: records of 400 bytes. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readRecords, verifyLog } from '@lockgate/audit-log'
import {
  inFolder,
  medianPerCpu,
  medianRate,
  onOneCore,
  openFresh,
  printGoal,
  records,
  type Timed,
  timed,
} from './log-goals.ts'

const rounds = Number(process.argv[2] ?? 5)
const size = Number(process.argv[3] ?? 300_000)
const batchSize = 2_000
const goal = 150_000

async function build(folder: string): Promise<void> {
  const log = await openFresh(folder)
  for (let at = 0; at < size; at += batchSize) await log.append(records(at, batchSize))
  await log.close()
}

async function verify(folder: string): Promise<void> {
  const report = await verifyLog(folder)
  if (!report.holds || report.size !== size) throw new Error(JSON.stringify(report))
}

const complete = (count: number): void => {
  if (count !== size) throw new Error(`${count} of ${size} records`)
}

async function read(folder: string): Promise<void> {
  let count = 0
  for await (const { record } of readRecords(folder)) count += record === null ? 0 : 1
  complete(count)
}

/** The peer: what one would write without this package, and without its checks. */
async function readLines(folder: string): Promise<void> {
  let count = 0
  for (const name of (await readdir(join(folder, 'segments'))).sort()) {
    const input = createReadStream(join(folder, 'segments', name))
    for await (const line of createInterface({ input })) count += JSON.parse(line) === null ? 0 : 1
  }
  complete(count)
}

const oneCore = onOneCore()
await inFolder(async (folder) => {
  await build(folder)
  await verify(folder)
  const verified: Timed[] = []
  const ours: Timed[] = []
  const peer: Timed[] = []
  for (let round = 0; round < rounds; round += 1) {
    verified.push(await timed(size, () => verify(folder)))
    ours.push(await timed(size, () => read(folder)))
    peer.push(await timed(size, () => readLines(folder)))
  }
  const perCpuSecond = medianPerCpu(verified)
  printGoal('log verify', medianRate(verified), goal, 'records/s', { perCpuSecond, records: size, oneCore })
  const [a, b] = [Math.round(medianRate(ours)), Math.round(medianRate(peer))]
  const ratio = Math.round((a / b) * 1000) / 1000
  console.log(JSON.stringify({ name: 'log read against node:readline', ours: a, peer: b, ratio, unit: 'records/s' }))
})
