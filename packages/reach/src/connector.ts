/** Program of the child in another network namespace: opens TCP connections there, hands the sockets to its parent. */
import type { Socket } from 'node:net'
import type { ConnectorAnswer, ConnectorRequest, ConnectorTask } from './connector-protocol.ts'
import { namespaceLook } from './namespace-look.ts'
import { parallelScan } from './parallel-scan.ts'
import { tcpConnect } from './tcp-connect.ts'

interface Done {
  readonly answer: ConnectorAnswer
  readonly socket?: Socket
}

type Progress = (done: number, total: number) => void

async function perform(task: ConnectorTask, signal: AbortSignal, progress: Progress): Promise<Done> {
  if (task.kind === 'scan') {
    const results = await parallelScan(task.targets, { ...task.options, signal, progress })
    return { answer: { kind: 'scanned', results } }
  }
  if (task.kind === 'look') {
    const look = await namespaceLook()
    return { answer: look ? { kind: 'looked', look } : { kind: 'broke', message: 'there is no /proc/net here' } }
  }
  const outcome = await tcpConnect(task.target, { timeoutMs: task.timeoutMs, signal })
  if (outcome.outcome !== 'connected') return { answer: { kind: 'not-connected', ...outcome } }
  const { socket, localAddress, ms } = outcome
  return { answer: { kind: 'connected', localAddress, ms }, socket }
}

/** At most four times a second, so that a long scan does not flood the channel. */
function throttled(progress: Progress): Progress {
  let last = 0
  return (done, total) => {
    const now = performance.now()
    if (now - last < 250) return
    last = now
    progress(done, total)
  }
}

function serve(): void {
  // Most attempts of a scan end in an error object; collecting a stack for each costs as much as half the asking.
  Error.stackTraceLimit = 0
  const running = new Map<number, AbortController>()
  const send = (message: unknown, socket?: Socket): void => void process.send?.(message, socket, {}, () => {})
  process.on('message', async (request: ConnectorRequest) => {
    if ('abort' in request) return running.get(request.abort)?.abort()
    const { id, task } = request
    const control = new AbortController()
    running.set(id, control)
    const progress = throttled((done, total) => send({ id, progress: { done, total } }))
    const { answer, socket } = await perform(task, control.signal, progress).catch(
      (error: Error): Done => ({ answer: { kind: 'broke', message: error.message } }),
    )
    running.delete(id)
    send({ id, answer }, socket)
  })
  // The channel closes when the parent ends, also by kill -9.
  process.on('disconnect', () => process.exit(0))
}

serve()
