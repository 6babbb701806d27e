/** One plane with one identity provider through stage identity by the binary: shut, observe, canary, enforce, open, one wave back. */
import assert from 'node:assert/strict'
import { createIdentityWorld, type IdentityWorld } from '../e2e/identity-world.ts'
import type { Verified } from '../e2e/world.ts'
import type { IdpKind } from '../lab/idp/index.ts'
import type { EngineId } from '../lab/index.ts'
import { gatewayRecords } from './gateway-records.ts'
import { goBack } from './go-back.ts'
import { judgeShare } from './judge-share.ts'
import { visit } from './visit.ts'
import type { Visited } from './visitors.ts'

export interface Cell {
  readonly plane: EngineId
  readonly kind: IdpKind
}

/** What a cell saw, for people. */
export type Seen = Readonly<Record<string, string | number>>

const percent = 40
const sessions = 24
const sourceCount = 24
const stepUpPath = '/recent'

/** Further addresses of the office, as many people come from. */
async function addSources({ lab }: IdentityWorld): Promise<readonly string[]> {
  const first = lab.at('office').ipv4
  const more = Array.from({ length: sourceCount - 1 }, (_, index) => first.replace(/\d+$/, String(index + 100)))
  for (const address of more) await lab.run('office', ['ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0'])
  return [first, ...more]
}

interface Kind {
  readonly method: string
  readonly path: string
  readonly because: string
}

/** What the evidence lists as would-be denials, for whoever has to find owners for them. */
const shownKinds = ({ evidence }: Verified): readonly string[] =>
  evidence
    .filter((one) => one.check === 'identity.anonymous')
    .flatMap((one) => (one.facts as { readonly wouldDeny: { readonly kinds: readonly Kind[] } }).wouldDeny.kinds)
    .map(({ method, path, because }) => `${method} ${path} ${because}`)

async function observe(world: IdentityWorld, sources: readonly string[]): Promise<Seen> {
  await world.apply('identity', '--mode', 'observe')
  // The first address is the vantage's, whose looks fill what the log keeps of one source in ten seconds.
  const { sources: treated } = await visit(world, stepUpPath, [], sources.slice(1, 3))
  assert.deepEqual(
    treated.map((one) => [one.status, one.enforced]),
    [
      [200, false],
      [200, false],
    ],
  )
  const noted = (await gatewayRecords(world, 'would-deny')).filter(
    (one) => one.backend === 'wiki' && one.path === '/whoami',
  )
  assert.ok(noted.length >= 2, `${noted.length} would-deny records`)
  const verified = await world.verify('identity', '--backend', 'wiki')
  assert.deepEqual([verified.code, verified.gate], [1, 'shut'])
  const shown = verified.reasons.map((one) => `${one.check}: ${one.because}`).join('\n')
  assert.match(shown, /gate.not-enforced: .*observe/)
  assert.match(shown, /identity.anonymous: .*[1-9]\d* requests of the last 24 hours would be denied: /)
  assert.ok(shownKinds(verified).includes('GET /whoami there is no session'), shown)
  return { wouldDeny: noted.length }
}

async function canary(world: IdentityWorld, sources: readonly string[]): Promise<{ seen: Seen; visited: Visited }> {
  await world.apply('identity', '--mode', 'canary', '--canary', String(percent))
  const visited = await visit(world, stepUpPath, sessions, sources)
  const bySession = visited.sessions.map(({ sid, enforced }) => [sid, enforced] as const)
  const bySource = visited.sources.map(({ source, enforced }) => [source, enforced] as const)
  for (const { enforced, status } of [...visited.sessions, ...visited.sources])
    assert.equal(status, enforced ? 401 : 200)
  const told = new Set((await gatewayRecords(world, 'would-deny')).map((one) => one.sid))
  for (const [sid, enforced] of bySession) assert.equal(told.has(sid), !enforced, `would-deny of ${sid}`)
  assert.match(await world.because('identity'), new RegExp(`canary, ${percent} %`))
  return {
    seen: { sessions: judgeShare('sessions', bySession, percent), anonymous: judgeShare('sources', bySource, percent) },
    visited,
  }
}

async function enforce(world: IdentityWorld, before: Visited, sources: readonly string[]): Promise<void> {
  await world.apply('identity')
  const cookies = before.sessions.map((one) => one.cookie)
  const { sessions: after, sources: anonymous } = await visit(world, stepUpPath, cookies, sources)
  assert.deepEqual(
    after.map((one) => one.sid),
    before.sessions.map((one) => one.sid),
  )
  for (const { enforced, status } of [...after, ...anonymous]) assert.deepEqual([status, enforced], [401, true])
}

async function open(world: IdentityWorld): Promise<void> {
  await world.login('ana', 'browser')
  const answer = (await world.login('ana', 'device')) as { readonly mfaAt: string | null }
  assert.ok(answer.mfaAt !== null, JSON.stringify(answer))
  const verified = await world.verify('identity')
  assert.deepEqual(verified.reasons, [])
  assert.deepEqual([verified.code, verified.gate], [0, 'open'])
  assert.equal(await world.because('consolidate'), '')
}

export async function walkCell({ plane, kind }: Cell, tell: (step: string) => void = () => {}): Promise<Seen> {
  const identity = { 'step-up': [{ backend: 'wiki', path: stepUpPath, 'max-age': '1s' }] }
  const world = await createIdentityWorld(plane, { kind, identity })
  try {
    if (plane !== 'builtin') await world.startGateway()
    await world.apply('consolidate')
    const sources = await addSources(world)
    tell('consolidate')
    const shut = await world.verify('identity', '--backend', 'wiki')
    assert.deepEqual([shut.code, shut.gate], [1, 'shut'])
    assert.ok(shut.reasons.some((one) => one.check === 'gate.not-applied'))
    tell('shut')
    const observed = await observe(world, sources)
    tell('observe')
    const { seen, visited } = await canary(world, sources)
    tell('canary')
    await enforce(world, visited, sources)
    tell('enforce')
    await open(world)
    tell('open')
    await goBack(world)
    tell('back')
    return { ...observed, ...seen }
  } finally {
    await world.close()
  }
}
