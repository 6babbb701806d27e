/** What the gateway's own audit log on an edge's host says lately: logins, ended sessions, what was or would be denied. */
import type { EdgeIo, Io } from '@lockgate/model'
import { type Looked, look } from '../interrupt.ts'

export type GatewayRecord = Readonly<Record<string, unknown>> & { readonly type: string; readonly at: number }

const mostBytes = 4 * 1024 ** 2
export const windowMs = 24 * 3_600_000

const logFolder = (state: string, edge: string) => `${state}/${edge}/log/${edge}/segments`

async function readRecords({ edge, reach }: EdgeIo, state: string, io: Io): Promise<readonly GatewayRecord[]> {
  const folder = logFolder(state, edge.id)
  const names = (await reach.listFolder(folder))?.filter((name) => name.endsWith('.jsonl')) ?? null
  if (names === null) throw new Error(`${folder} is not there on the host of ${edge.id}`)
  const since = io.now().getTime() - windowMs
  const records: GatewayRecord[] = []
  let left = mostBytes
  for (const name of names.toReversed()) {
    const { code, stdout, stderr } = await reach.run(['tail', '-c', String(left), '--', `${folder}/${name}`], {
      signal: io.signal,
    })
    if (code !== 0) throw new Error(`${folder}/${name}: ${stderr.trim()}`)
    const own = stdout.split('\n').flatMap((line) => parse(line) ?? [])
    records.push(...own.filter((one) => one.at >= since))
    left -= Buffer.byteLength(stdout)
    if (left <= 0 || own.some((one) => one.at < since)) break
  }
  return records
}

function parse(line: string): GatewayRecord | null {
  try {
    const value = JSON.parse(line) as Partial<GatewayRecord>
    return typeof value.type === 'string' && typeof value.at === 'number' ? (value as GatewayRecord) : null
  } catch {
    return null
  }
}

/** Of the last 24 hours, at most the newest 4 MiB. */
export const gatewayRecords = (at: EdgeIo, io: Io): Promise<Looked<readonly GatewayRecord[]>> =>
  io.once(`gateway records ${at.edge.id}`, () => look(io, () => readRecords(at, io.identity?.gateway.state ?? '', io)))
