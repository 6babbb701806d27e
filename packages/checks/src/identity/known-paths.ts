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
const logTail = 262_144

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

/** What people really asked for lately; empty where the log cannot be read, as custom and code remain. */
async function loggedPaths(backend: Backend, { edge, signal }: Io): Promise<readonly string[]> {
  const tail = ['tail', '-c', String(logTail), '--', edge.edge.accessLog]
  const { code, stdout } = await edge.reach.run(tail, { timeoutMs: 5_000, signal })
  if (code !== 0) return []
  const paths = stdout.split('\n').flatMap((line) => pathOf(line, backend.id) ?? [])
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
  return [...new Set([...own, ...customary, ...('seen' in logged ? logged.seen : [])])].filter(
    (path) => !path.startsWith('/.lockgate/'),
  )
}
