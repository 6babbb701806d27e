// Appends argv[3] records to a new log in argv[2], verifies and reads it, and prints the peak of resident memory in MB.
import { createSigningKey, openLog, readRecords, verifyLog } from '@lockgate/audit-log'

const [, , folder = '', wanted = '0'] = process.argv
const size = Number(wanted)
const pad = 'x'.repeat(380)
const log = await openLog({ folder, key: createSigningKey('ops.example') })
while (log.size < size) await log.append(Array.from({ length: 1000 }, (_, at) => ({ n: log.size + at, pad })))
await log.close()
const { holds } = await verifyLog(folder)
let read = 0
for await (const { index } of readRecords(folder)) read = index + 1
process.stdout.write(JSON.stringify({ holds, read, peak: Math.round(process.resourceUsage().maxRSS / 1024) }))
