/** Lets people and programs ask from the office. */
import assert from 'node:assert/strict'
import { names } from '../e2e/identity-config.ts'
import type { IdentityWorld } from '../e2e/identity-world.ts'
import { node, root } from '../e2e/programs.ts'
import type { Visited, VisitorsAsked } from './visitors.ts'

/** At `path` of wiki, which needs more than a session. */
export async function visit(
  world: IdentityWorld,
  path: string,
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
    path,
    sessions: wanted,
    sources,
  }
  const ran = await lab.run('office', [...node, `${root}test/matrix/visitors.ts`, JSON.stringify(asked)], {
    timeoutMs: 300_000,
  })
  assert.equal(ran.code, 0, ran.stderr)
  return JSON.parse(ran.stdout) as Visited
}
