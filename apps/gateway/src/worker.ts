/** A worker process: serves what the primary orders, and ends with it. */
import pino from 'pino'
import type { AuditRecord } from './identity/audit.ts'
import { createServing, type Serving } from './serving.ts'
import type { Order, OrderMessage } from './worker-messages.ts'

type Handlers = { readonly [K in Order['kind']]: (order: Extract<Order, { kind: K }>) => Promise<string | null> }

const done = async (work: Promise<void>): Promise<null> => {
  await work
  return null
}

const handlersOf = (serving: Serving): Handlers => ({
  prepare: ({ generation }) => serving.prepare(generation),
  commit: ({ generation }) => done(serving.commit(generation)),
  publish: ({ generation }) => done(serving.publish(generation)),
  withdraw: () => done(serving.withdraw()),
  reopenLog: () => done(serving.reopenLog()),
  close: ({ graceMs }) => done(serving.close(graceMs)),
})

async function carryOut(handlers: Handlers, order: Order): Promise<string | null> {
  try {
    return await (handlers[order.kind] as (order: Order) => Promise<string | null>)(order)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Records on their way to the primary, a batch at a time. */
function sendAudit(): (record: AuditRecord) => void {
  let waiting: AuditRecord[] = []
  const send = (): void => {
    process.send?.({ audit: waiting })
    waiting = []
  }
  return (record) => {
    if (waiting.push(record) === 1) setImmediate(send)
  }
}

function run(): void {
  const log = pino({ name: 'lockgate-gateway' }, pino.destination({ dest: 2, sync: true }))
  const handlers = handlersOf(createServing(log, sendAudit()))
  // The terminal and service managers signal the whole group; the primary says what to do.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  let work: Promise<unknown> = Promise.resolve()
  process.on('message', (message: OrderMessage) => {
    // One after the other: a reload may come while this worker is still brought up to date.
    work = work.then(async () => {
      const because = await carryOut(handlers, message)
      process.send?.({ id: message.id, because }, () => message.kind === 'close' && process.exit(0))
    })
  })
}

run()
