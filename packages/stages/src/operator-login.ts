/** `lockgate login`: asks the login origin, from where users stand, for a session that a person confirms in their browser. */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ExactAnswer, publicEndpoints, sendExactly } from '@lockgate/checks'
import { type Edge, LockgateError, type OperatorSession, operatorAnswer, type Reach } from '@lockgate/model'
import { saveSession } from './operator-session.ts'
import { openSurroundings } from './surroundings.ts'
import type { Workspace } from './workspace.ts'

/** What a person must do now. */
export interface DeviceCode {
  readonly url: string
  readonly code: string
}

export interface LoopbackListener {
  readonly port: number
  /** The query that the browser brought back; rejects when the time is up or the signal aborts. */
  query(): Promise<URLSearchParams>
}

type Post = (
  path: string,
  form: Readonly<Record<string, string>>,
) => Promise<Extract<ExactAnswer, { outcome: 'answered' }>>

interface Origin {
  readonly url: string
  readonly post: Post
}

async function loginOrigin(workspace: Workspace): Promise<Origin> {
  const { identity, edges } = workspace.settings
  if (!identity)
    throw new LockgateError(
      'LG1005',
      'lockgate.yaml has no identity, so there is nowhere to sign in; name origin, issuer and client',
      {
        at: { file: 'lockgate.yaml', key: 'identity' },
      },
    )
  const edge = edges.find((one) => one.id === identity.edge) as Edge
  const { reach, ca } = await whereUsersStand(workspace, edge)
  const [endpoint] = publicEndpoints(edge, identity.origin)
  if (!endpoint)
    throw new LockgateError(
      'LG1005',
      `the edge ${edge.id} has no address at which ${identity.origin.origin} could be asked`,
    )
  const { origin } = identity
  return {
    url: origin.origin,
    async post(path, form) {
      const body = new URLSearchParams(form).toString()
      const headers = [
        ['Accept', 'application/json'],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ] as const
      const answer = await sendExactly(
        { endpoint, origin, ca, method: 'POST', target: path, headers, body },
        reach,
        workspace.signal,
      )
      if (answer.outcome === 'answered') return answer
      throw new LockgateError(
        'LG3001',
        `${origin.origin} gives no answer: ${answer.outcome}: ${answer.detail}; is the gateway started (\`lockgate gateway --edge ${edge.id}\`)?`,
      )
    },
  }
}

async function whereUsersStand(workspace: Workspace, edge: Edge): Promise<{ reach: Reach; ca: string | null }> {
  const surroundings = await openSurroundings(workspace, {})
  const at = surroundings.vantages.find(
    (one) => one.vantage.stands === 'users' && !surroundings.down.has(one.vantage.id),
  )
  if (!at)
    throw new LockgateError(
      'LG3001',
      'no vantage that stands with users can be asked, and it is from there that probes sign in',
    )
  return { reach: at.reach, ca: await surroundings.caOf(edge) }
}

/** RFC 8252: a listener on loopback gets the code, which only this process can redeem (RFC 7636). */
export async function loginByBrowser(
  workspace: Workspace,
  listener: LoopbackListener,
  open: (url: string) => void,
): Promise<OperatorSession> {
  const origin = await loginOrigin(workspace)
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const query = new URLSearchParams({ port: String(listener.port), challenge, state })
  open(`${origin.url}/.lockgate/operator?${query}`)
  const brought = await listener.query()
  if (brought.get('state') !== state)
    throw new LockgateError('LG3301', 'the browser brought back another answer than was asked for; sign in again')
  return keep(
    workspace,
    await origin.post('/.lockgate/operator', { code: brought.get('code') ?? '', verifier }),
    origin.url,
  )
}

/** RFC 8628: the person types the code into a browser anywhere. */
export async function loginByDevice(workspace: Workspace, tell: (code: DeviceCode) => void): Promise<OperatorSession> {
  const origin = await loginOrigin(workspace)
  const begun = readJson(await origin.post('/.lockgate/device', {}))
  const { device_code, user_code, interval, expires_in } = begun
  if (typeof device_code !== 'string' || typeof user_code !== 'string') throw refused(origin.url, begun.error)
  tell({ url: `${origin.url}/.lockgate/device`, code: user_code })
  const end = workspace.now().getTime() + Number(expires_in ?? 600) * 1_000
  while (workspace.now().getTime() < end) {
    await sleep(Math.max(1, Number(interval ?? 2)) * 1_000, undefined, { signal: workspace.signal })
    const answer = await origin.post('/.lockgate/operator', { device_code })
    if (answer.status === 400 && readJson(answer).error === 'authorization_pending') continue
    return keep(workspace, answer, origin.url)
  }
  throw refused(origin.url, 'the code was not confirmed in time')
}

const refused = (url: string, because: unknown): LockgateError =>
  new LockgateError(
    'LG3301',
    `${url} gave no session: ${typeof because === 'string' ? because : 'its answer is not understood'}; sign in again`,
  )

function readJson({ body }: { readonly body: Buffer }): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

async function keep(
  workspace: Workspace,
  answer: Extract<ExactAnswer, { outcome: 'answered' }>,
  url: string,
): Promise<OperatorSession> {
  const value = readJson(answer)
  const parsed = operatorAnswer.safeParse(value)
  if (!parsed.success) throw refused(url, value.error ?? `status ${answer.status}`)
  await saveSession(workspace.stateFolder, parsed.data)
  return parsed.data
}
