/** One plane with one identity provider through stage identity by the binary: shut, observe, canary, enforce, open, one wave back. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { names } from '../e2e/identity-config.ts'
import { createIdentityWorld, type IdentityWorld } from '../e2e/identity-world.ts'
import { node, root } from '../e2e/programs.ts'
import type { IdpKind } from '../lab/idp/index.ts'
import type { EngineId } from '../lab/index.ts'
import type { Visited, VisitorsAsked } from './visitors.ts'

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

/** As the gateway does, written anew: the first 32 bits of the hash as a share of all. */
const inShare = (who: string): boolean =>
  createHash('sha256').update(who).digest().readUInt32BE(0) / 2 ** 32 < percent / 100

async function visit(
  world: IdentityWorld,
  wanted: VisitorsAsked['sessions'],
  sources: readonly string[],
): Promise<Visited> {
  const { lab } = world
  const asked: VisitorsAsked = {
    ca: lab.authority.ca,
    edge: lab.at('edge').ipv4,
    login: 'ben',
    loginHost: names[0] as string,
    host: 'wiki.acme.test',
    path: stepUpPath,
    sessions: wanted,
    sources,
  }
  const ran = await lab.run('office', [...node, `${root}test/matrix/visitors.ts`, JSON.stringify(asked)], {
    timeoutMs: 300_000,
  })
  assert.equal(ran.code, 0, ran.stderr)
  return JSON.parse(ran.stdout) as Visited
}

/** Further addresses of the office, as many people come from. */
async function addSources({ lab }: IdentityWorld): Promise<readonly string[]> {
  const first = lab.at('office').ipv4
  const more = Array.from({ length: sourceCount - 1 }, (_, index) => first.replace(/\d+$/, String(index + 100)))
  for (const address of more) await lab.run('office', ['ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0'])
  return [first, ...more]
}

/** The share that was enforced is the one that the hash says, session by session, and near to what was asked for. */
function judgeShare(what: string, all: readonly (readonly [who: string, enforced: boolean])[]): string {
  const enforced = all.filter(([, one]) => one).length
  for (const [who, one] of all) assert.equal(one, inShare(who), `${what} ${who} is on the wrong side`)
  const expected = (all.length * percent) / 100
  // Four standard deviations of a binomial share.
  const room = 4 * Math.sqrt((all.length * percent * (100 - percent)) / 10_000)
  assert.ok(Math.abs(enforced - expected) <= room, `${enforced} of ${all.length} ${what} are enforced`)
  assert.ok(enforced > 0 && enforced < all.length, `all ${what} are on one side`)
  return `${enforced}/${all.length}`
}

async function records({ lab }: IdentityWorld, type: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const folder = `${lab.hostFile('edge', 'state')}/edge/log/edge/segments`
  const { stdout } = await lab.run('edge', ['sh', '-c', `cat ${folder}/*.jsonl`])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter((one) => one.type === type)
}

async function observe(world: IdentityWorld, sources: readonly string[]): Promise<Seen> {
  await world.apply('identity', '--mode', 'observe')
  const { sources: treated } = await visit(world, [], sources.slice(0, 2))
  assert.deepEqual(
    treated.map((one) => [one.status, one.enforced]),
    [
      [200, false],
      [200, false],
    ],
  )
  const noted = (await records(world, 'would-deny')).filter((one) => one.backend === 'wiki' && one.path === '/whoami')
  assert.ok(noted.length >= 2, `${noted.length} would-deny records`)
  const verified = await world.verify('identity', '--backend', 'wiki')
  assert.deepEqual([verified.code, verified.gate], [1, 'shut'])
  const shown = verified.reasons.map((one) => `${one.check}: ${one.because}`).join('\n')
  assert.match(shown, /gate.not-enforced: .*observe/)
  assert.match(
    shown,
    /identity.anonymous: .*requests of the last 24 hours would be denied: .*GET \/whoami \(there is no session/,
  )
  return { wouldDeny: noted.length }
}

async function canary(world: IdentityWorld, sources: readonly string[]): Promise<{ seen: Seen; visited: Visited }> {
  await world.apply('identity', '--mode', 'canary', '--canary', String(percent))
  const visited = await visit(world, sessions, sources)
  const bySession = visited.sessions.map(({ sid, enforced }) => [sid, enforced] as const)
  const bySource = visited.sources.map(({ source, enforced }) => [source, enforced] as const)
  for (const { enforced, status } of [...visited.sessions, ...visited.sources])
    assert.equal(status, enforced ? 401 : 200)
  const told = new Set((await records(world, 'would-deny')).map((one) => one.sid))
  for (const [sid, enforced] of bySession) assert.equal(told.has(sid), !enforced, `would-deny of ${sid}`)
  assert.match(await world.because('identity'), new RegExp(`canary, ${percent} %`))
  return {
    seen: { sessions: judgeShare('sessions', bySession), anonymous: judgeShare('sources', bySource) },
    visited,
  }
}

async function enforce(world: IdentityWorld, before: Visited, sources: readonly string[]): Promise<void> {
  await world.apply('identity')
  const cookies = before.sessions.map((one) => one.cookie)
  const { sessions: after, sources: anonymous } = await visit(world, cookies, sources)
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

/** One wave goes back; the other one's people notice nothing. */
async function goBack(world: IdentityWorld): Promise<void> {
  const { lab } = world
  const out = await world.lockgate('rollback', 'identity', '--wave', 'rest', '--yes')
  assert.equal(out.code, 0, out.stdout + out.stderr)
  await world.lockgate('confirm')
  const because = await world.because('identity')
  assert.match(because, /not applied yet for wiki:/)
  assert.doesNotMatch(because, /payroll/)
  const status = async (id: string) => {
    const resolve = `${id}.acme.test:443:${lab.at('edge').ipv4}`
    const argv = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', lab.authority.ca]
    return (await lab.run('office', [...argv, '--resolve', resolve, `https://${id}.acme.test/`])).stdout
  }
  await until('wiki', '200', () => status('wiki'))
  await until('payroll', '401', () => status('payroll'))
}

/** A worker of the generation before may take a last connection, and a busy machine answers 503 meanwhile; the other status never comes. */
async function until(what: string, wanted: '200' | '401', ask: () => Promise<string>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const status = await ask()
    if (status === wanted) return
    assert.ok(wanted === '200' || status === '503', `${what} answers ${status}`)
    assert.ok(tries < 50, `${what} still answers ${status}`)
  }
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
