/** Paths of a backend that are worth asking: what its code, its edge's access log and custom say. */
import { accessLogRecord, type Backend, type Io } from '@lockgate/model'
import { look } from '../interrupt.ts'

/** Where applications usually have something that was never meant to need a login. */
const customary: readonly string[] = [
  '/',
  '/health',
  '/healthz',
  '/status',
  '/metrics',
  '/api/',
  '/api/v1/',
  '/graphql',
  '/openapi.json',
  '/static/',
  '/assets/',
  '/uploads/',
  '/favicon.ico',
  '/robots.txt',
  '/.well-known/security.txt',
  '/login',
  '/logout',
  '/admin/',
]
const mostFromLog = 24
/** Bytes; a verification alone writes some thousand lines, behind which people's requests must still be found. */
const logTail = 4_194_304

/** Parameters of a route pattern are filled in; what remains a pattern is not asked. */
export function concretePath(pattern: string): string | null {
  const filled = pattern.replace(/:[A-Za-z_]\w*(?:\([^)]*\))?\??/g, 'lockgate-probe').replace(/[*{}()[\]?+]/g, '')
  const path = filled.startsWith('/') ? filled : `/${filled}`
  return /^\/[A-Za-z0-9._~!&'=:@%/,;-]*$/.test(path) ? path : null
}

export async function codePaths(io: Io): Promise<readonly string[]> {
  const read = await look(io, () => io.code())
  const findings = 'seen' in read ? (read.seen?.findings ?? []) : []
  return findings.flatMap(({ path }) => (path === null ? [] : (concretePath(path) ?? [])))
}

/** Once for all backends of the edge, and before most probes of this verification are in it. */
const readLog = ({ edge, signal, once }: Io): Promise<readonly string[]> =>
  once(`access log of ${edge.edge.id}`, async () => {
    const tail = ['tail', '-c', String(logTail), '--', edge.edge.accessLog]
    const { code, stdout } = await edge.reach.run(tail, { timeoutMs: 10_000, signal })
    return code === 0 ? stdout.split('\n').slice(1) : []
  })

/** What people really asked for lately; empty where the log cannot be read, as custom and code remain. */
async function loggedPaths(backend: Backend, io: Io): Promise<readonly string[]> {
  const mark = `"backend":${JSON.stringify(backend.id)}`
  const lines = (await readLog(io)).filter((line) => line.includes(mark))
  const paths = lines.flatMap((line) => pathOf(line, backend.id) ?? [])
  return [...new Set(paths.reverse())].slice(0, mostFromLog)
}

function pathOf(line: string, backend: string): string | null {
  try {
    const record = accessLogRecord.parse(JSON.parse(line))
    return record.backend === backend && record.status < 400 ? record.path : null
  } catch {
    return null
  }
}

export async function knownPaths(backend: Backend, io: Io): Promise<readonly string[]> {
  const logged = await look(io, () => loggedPaths(backend, io))
  const own = [...(backend.health === null ? [] : [backend.health]), ...(await codePaths(io))]
  return [...new Set([...own, ...('seen' in logged ? logged.seen : []), ...customary])].filter(
    (path) => !path.startsWith('/.lockgate/'),
  )
}
