/** Several processes that serve the same addresses; one that dies is replaced and brought up to date. */
import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Log } from './log.ts'
import type { Generation } from './read-config.ts'
import type { Serving } from './serving.ts'
import type { Done, Order, Reported } from './worker-messages.ts'

/** Between a worker's death and the next one's birth, so that one which dies at once does not take the machine along. */
const restartMs = 500
const killAfterMs = 3_000

const workerFile = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url))

/** An answer, or why there is none. */
function ask(worker: Worker, order: Order, id: number): Promise<string | null> {
  return new Promise((resolve) => {
    const finish = (because: string | null): void => {
      worker.off('message', onMessage).off('exit', onExit)
      resolve(because)
    }
    const onMessage = (message: Done | Reported): void =>
      void ('id' in message && message.id === id && finish(message.because))
    const onExit = (): void => finish('a worker process ended')
    worker.on('message', onMessage).on('exit', onExit)
    worker.send({ ...order, id }, (error) => error && finish('a worker process ended'))
  })
}

export function createWorkerSet(count: number, log: Log, report: (all: Reported) => void): Serving {
  cluster.setupPrimary({ exec: workerFile(), args: [], serialization: 'advanced' })
  const workers = new Set<Worker>()
  let nextId = 1
  let current: Generation | null = null
  let stopping = false

  const tell = (worker: Worker, order: Order): Promise<string | null> => ask(worker, order, nextId++)
  const tellAll = async (order: Order): Promise<string | null> => {
    const answers = await Promise.all([...workers].map((worker) => tell(worker, order)))
    return answers.find((because) => because !== null) ?? null
  }
  const bringUp = async (worker: Worker): Promise<void> => {
    const generation = current
    if (!generation) return
    for (const kind of ['prepare', 'commit', 'publish'] as const) {
      const because = await tell(worker, { kind, generation })
      if (because !== null) log.error({ because }, 'a worker process cannot serve')
    }
  }
  const start = (): void => {
    if (stopping) return
    const worker = cluster.fork()
    workers.add(worker)
    worker.on('error', () => undefined)
    worker.on('message', (message: Done | Reported) => void ('audit' in message && report(message)))
    worker.on('exit', (code, signal) => {
      workers.delete(worker)
      if (stopping) return
      log.error({ worker: worker.process.pid, code, signal }, 'a worker process ended and is replaced')
      setTimeout(start, restartMs)
    })
    void bringUp(worker)
  }
  for (let i = 0; i < count; i++) start()

  return {
    prepare: async (generation) => {
      if (generation.config.identity?.store === 'memory')
        return 'the store `memory` is one process’s own: use sqlite, or --workers 1'
      return tellAll({ kind: 'prepare', generation })
    },
    async commit(generation) {
      current = generation
      await tellAll({ kind: 'commit', generation })
    },
    async publish(generation) {
      await tellAll({ kind: 'publish', generation })
    },
    async withdraw() {
      current = null
      await tellAll({ kind: 'withdraw' })
    },
    async reopenLog() {
      await tellAll({ kind: 'reopenLog' })
    },
    async close(graceMs) {
      stopping = true
      const timer = setTimeout(() => {
        for (const worker of workers) worker.process.kill('SIGKILL')
      }, graceMs + killAfterMs)
      await tellAll({ kind: 'close', graceMs })
      clearTimeout(timer)
    },
  }
}
