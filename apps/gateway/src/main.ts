/** The gateway as a program of its own: `--folder DIR --edge ID [--workers N]`. */
import { parseArgs } from 'node:util'
import pino from 'pino'
import { runGateway } from './run-gateway.ts'

const usage = 'usage: gateway --folder DIR --edge ID [--workers N]'

async function main(): Promise<number> {
  const log = pino({ name: 'lockgate-gateway' }, pino.destination({ dest: 2, sync: true }))
  const { values } = parseArgs({
    options: { folder: { type: 'string' }, edge: { type: 'string' }, workers: { type: 'string' } },
  })
  const workers = values.workers === undefined ? undefined : Number(values.workers)
  const whole = workers === undefined || (Number.isInteger(workers) && workers > 0)
  if (values.folder === undefined || values.edge === undefined || !whole) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
  const options = { folder: values.folder, edgeId: values.edge, signal: stop.signal, log }
  return runGateway(workers === undefined ? options : { ...options, workers })
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  return 2
})
