// Appends to the log in argv[2] with the key in argv[3] until it is killed, and prints the sealed size after each batch.
import { loadSigningKey, openLog } from '@lockgate/audit-log'

const [, , folder = '', keyFile = ''] = process.argv
const log = await openLog({ folder, key: await loadSigningKey(keyFile, 'ops.example'), segmentRecords: 50 })
process.stdout.write(`opened ${log.size}\n`)
for (let n = log.size, round = 0; ; round += 1) {
  const records = Array.from({ length: 1 + (round % 37) }, (_, at) => ({ n: n + at, pad: 'x'.repeat((n + at) % 300) }))
  const { size } = await log.append(records)
  n = size
  process.stdout.write(`sealed ${size}\n`)
}
