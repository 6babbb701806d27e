/** Starts programs under test, reads their CPU time, and loads them with wrk. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const answers = (at: number | string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = typeof at === 'string' ? connect(at) : connect(at, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** A port on loopback, or the path of a socket. */
export async function waitForPort(at: number | string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await answers(at)) return
    await sleep(50)
  }
  throw new Error(`nothing listens at ${at}`)
}

export interface Contender {
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Runs a TypeScript program with its port and the backend's as arguments. */
export async function startContender(file: string, port: number, backendPort: number): Promise<Contender> {
  const argv = ['--conditions=source', file, String(port), String(backendPort)]
  const child: ChildProcess = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  const onExit = (): void => void child.kill('SIGKILL')
  process.on('exit', onExit)
  await waitForPort(port)
  return {
    pid: child.pid as number,
    port,
    async stop() {
      process.off('exit', onExit)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Seconds on a CPU, of the threads that there are (Documentation/scheduler/sched-stats.rst): nanoseconds, where /proc/PID/stat has hundredths. */
export async function cpuSeconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const spent = await Promise.all(threads.map((one) => readFile(`/proc/${pid}/task/${one}/schedstat`, 'utf8')))
  return spent.reduce((sum, one) => sum + Number(one.split(' ')[0]) / 1e9, 0)
}

export interface Load {
  readonly requests: number
  readonly failed: number
  /** Milliseconds. */
  readonly median: number
  readonly p99: number
}

const milliseconds = (text: string | undefined): number => {
  const match = /^([\d.]+)(us|ms|s)$/.exec(text ?? '')
  return match ? Number(match[1]) * { us: 0.001, ms: 1, s: 1000 }[match[2] as 'us' | 'ms' | 's'] : Number.NaN
}

/** 32 connections for so many seconds. */
export async function load(port: number, seconds: number, connections = 32): Promise<Load> {
  const url = `http://127.0.0.1:${port}/payslips/2026/11?view=full`
  const argv = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', 'Host: bench.test', url]
  const { stdout } = await run('wrk', argv, { timeout: (seconds + 20) * 1000 })
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
    failed: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
    median: milliseconds(/50%\s+(\S+)/.exec(stdout)?.[1]),
    p99: milliseconds(/99%\s+(\S+)/.exec(stdout)?.[1]),
  }
}

/** Milliseconds from connecting to the whole answer. */
export function firstRequest(port: number): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n')
    })
    socket.on('error', reject).on('close', () => resolve(performance.now() - began))
    socket.resume()
  })
}
