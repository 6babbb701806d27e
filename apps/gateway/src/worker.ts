/** A worker process: serves what the primary orders, and ends with it. */
import pino from 'pino'
import type { AuditRecord } from './identity/audit.ts'
import type { ListChange } from './identity/listing.ts'
import { createServing, type Reports, type Serving } from './serving.ts'
import type { Order, OrderMessage, Reported } from './worker-messages.ts'

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

/** What is on its way to the primary, a batch at a time. */
function reporting(): Reports {
  let audit: AuditRecord[] = []
  let list: ListChange[] = []
  const send = (): void => {
    process.send?.({ audit, list } satisfies Reported)
    audit = []
    list = []
  }
  const soon = (isFirst: boolean): void => void (isFirst && setImmediate(send))
  return {
    audit: (record) => soon(audit.push(record) + list.length === 1),
    list: (change) => soon(audit.length + list.push(change) === 1),
  }
}

function run(): void {
  const log = pino({ name: 'lockgate-gateway' }, pino.destination({ dest: 2, sync: true }))
  const handlers = handlersOf(createServing(log, reporting()))
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
