/** Appending to the log on one core: records of 400 bytes, batches of 1,000, each durable before it is acknowledged. */
import { join } from 'node:path'
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
const batches = Number(process.argv[3] ?? 150)
const batchSize = 1_000
const goal = 100_000

const made = Array.from({ length: batches }, (_, at) => records(at * batchSize, batchSize))

/** Appends everything with `depth` batches under way; adds the milliseconds that each batch took. */
async function appendAll(folder: string, depth: number, waits: number[]): Promise<Timed> {
  const log = await openFresh(folder)
  let next = 0
  const producer = async (): Promise<void> => {
    for (let batch = made[next++]; batch; batch = made[next++]) {
      const start = performance.now()
      await log.append(batch)
      waits.push(performance.now() - start)
    }
  }
  try {
    return await timed(batches * batchSize, async () => {
      await Promise.all(Array.from({ length: depth }, producer))
    })
  } finally {
    await log.close()
  }
}

const quantile = (values: readonly number[], share: number): number =>
  Math.round((values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0) * 10) / 10

const oneCore = onOneCore()
await inFolder(async (home) => {
  await appendAll(join(home, 'warm'), 1, [])
  const runs = [
    { name: 'log append, one batch at a time', depth: 1, rates: [] as Timed[], waits: [] as number[] },
    { name: 'log append, two batches under way', depth: 2, rates: [] as Timed[], waits: [] as number[] },
  ]
  for (let round = 0; round < rounds; round += 1)
    for (const { depth, rates, waits } of runs)
      rates.push(await appendAll(join(home, `${round}-${depth}`), depth, waits))
  for (const { name, rates, waits } of runs)
    printGoal(name, medianRate(rates), goal, 'records/s', {
      perCpuSecond: medianPerCpu(rates),
      batchMs: { p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) },
      batch: batchSize,
      oneCore,
    })
})
