/** Reads the end of a backend's access log on its host. */
import type { HostIo, Io } from '@lockgate/model'
import { look } from './interrupt.ts'
import { type LogLine, readLogLine } from './log-line.ts'

export interface LogSight {
  readonly lines: readonly (LogLine & { readonly text: string })[]
  readonly unparsed: number
  /** Whether the beginning of the file was read too. */
  readonly whole: boolean
}

/** About 100,000 lines. */
const tailBytes = 16 * 1024 ** 2

async function tailOf(path: string, { host, reach }: HostIo, io: Io): Promise<string | null> {
  if (!reach.live) return (await reach.readFile(path))?.subarray(-tailBytes).toString('utf8') ?? null
  const { code, stdout, stderr } = await reach.run(['tail', '-c', String(tailBytes), '--', path], {
    signal: io.signal,
    timeoutMs: 20_000,
  })
  if (code === 0) return stdout
  if (await reach.stat(path))
    throw new Error(`${path} of ${host.id} can't be read: ${stderr.trim() || `tail ended with ${code}`}`)
  return null
}

function parse(text: string): LogSight {
  const whole = Buffer.byteLength(text) < tailBytes
  const texts = text
    .split('\n')
    .slice(whole ? 0 : 1)
    .filter((one) => one.trim() !== '')
  const lines = texts.flatMap((one) => {
    const read = readLogLine(one)
    return read ? [{ ...read, text: one }] : []
  })
  return { lines, unparsed: texts.length - lines.length, whole }
}

/** null: there is no such file. */
export async function readLog(
  path: string,
  one: HostIo,
  io: Io,
): Promise<LogSight | null | { readonly unseen: string }> {
  const looked = await look(io, () => tailOf(path, one, io))
  if ('unseen' in looked) return looked
  return looked.seen === null ? null : parse(looked.seen)
}
