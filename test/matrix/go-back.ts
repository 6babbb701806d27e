import assert from 'node:assert/strict'
import type { IdentityWorld } from '../e2e/identity-world.ts'

/** One wave goes back; the other one's people notice nothing. */
export async function goBack(world: IdentityWorld): Promise<void> {
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
