/** Starts the child process in a network namespace when it is first needed, and asks it. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { LockgateError } from '@lockgate/model'
import type { ConnectorAnswer, ConnectorMessage, ConnectorTask } from './connector-protocol.ts'
import { interrupted } from './run-process.ts'

export interface Reply {
  readonly answer: ConnectorAnswer
  readonly socket: Socket | undefined
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((done: number, total: number) => void) | undefined
}

export interface ConnectorClient {
  ask(task: ConnectorTask, options?: AskOptions): Promise<Reply>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  readonly progress: AskOptions['progress']
}

interface Running {
  readonly child: ChildProcess
  readonly waiting: Map<number, Waiting>
  readonly gone: Promise<void>
  ended: boolean
}

/** From a checkout this is connector.ts, which Node runs as it is; built it is connector.js. */
const program = fileURLToPath(new URL(`./connector${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

export function connectorClient(
  label: string,
  prefix: readonly string[],
  noSuchNamespace: () => Error,
): ConnectorClient {
  let running: Running | null = null
  let closed = false
  let lastId = 0
  const current = (): Running => {
    if (closed) throw new LockgateError('LG3001', `${label} is closed already`)
    if (running === null || running.ended) running = startChild(label, prefix, noSuchNamespace)
    return running
  }
  return {
    async ask(task, options = {}) {
      if (options.signal?.aborted) throw interrupted(options.signal)
      return askChild(current(), ++lastId, task, options)
    },
    async close() {
      closed = true
      if (running === null || running.ended) return
      const { child, gone } = running
      busy(running)
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await gone.finally(() => clearTimeout(timer))
    },
  }
}

function startChild(label: string, prefix: readonly string[], noSuchNamespace: () => Error): Running {
  const argv = [...prefix, process.execPath, '--disable-warning=ExperimentalWarning', program]
  // In a group of its own: Ctrl-C at the terminal is for this process, which still needs the child to put things in order.
  const child = spawn(argv[0] as string, argv.slice(1), { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const waiting = new Map<number, Waiting>()
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    if (said.length < 4_096) said += chunk.toString('utf8')
  })
  const gone = Promise.withResolvers<void>()
  const running: Running = { child, waiting, gone: gone.promise, ended: false }
  const end = (why: string): void => {
    running.ended = true
    const error = /cannot open network namespace/i.test(said) ? noSuchNamespace() : childFailure(label, said || why)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    gone.resolve()
  }
  child.once('error', (error) => end(error.message))
  // Not 'close': it waits for the channel, and no longer comes once the channel was disconnected from this side.
  child.once('exit', (code, signal) => setTimeout(() => end(`it ended with ${signal ?? code}`), said ? 0 : 20))
  child.on('message', (message: ConnectorMessage, socket: Socket | undefined) => receive(running, message, socket))
  idle(running)
  return running
}

function childFailure(label: string, said: string): LockgateError {
  const hint = /operation not permitted/i.test(said) ? ' (entering a network namespace needs root)' : ''
  return new LockgateError('LG3001', `${label}: no process could be kept running there${hint}: ${said.trim()}`)
}

/** A child that nobody waits for does not keep this process alive. */
function idle({ child }: Running): void {
  child.unref()
  child.channel?.unref()
  ;(child.stderr as Socket | null)?.unref()
}

function busy({ child }: Running): void {
  child.ref()
  child.channel?.ref()
  ;(child.stderr as Socket | null)?.ref()
}

function askChild(running: Running, id: number, task: ConnectorTask, options: AskOptions): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const { child, waiting } = running
  const signal = options.signal
  const aborted = (): void => {
    // A child that is gone has nothing to end; 'exit' tells of it.
    if (child.connected) child.send({ abort: id }, () => {})
    waiting.delete(id)
    reject(interrupted(signal as AbortSignal))
  }
  signal?.addEventListener('abort', aborted, { once: true })
  waiting.set(id, { resolve, reject, progress: options.progress })
  busy(running)
  child.send({ id, task }, (error) => {
    if (error && waiting.delete(id)) reject(error)
  })
  return promise.finally(() => {
    signal?.removeEventListener('abort', aborted)
    if (waiting.size === 0) idle(running)
  })
}

function receive({ waiting }: Running, message: ConnectorMessage, socket: Socket | undefined): void {
  const asked = waiting.get(message.id)
  if ('progress' in message) {
    asked?.progress?.(message.progress.done, message.progress.total)
    return
  }
  waiting.delete(message.id)
  socket?.on('error', () => {})
  if (asked) asked.resolve({ answer: message.answer, socket })
  else socket?.destroy()
}
