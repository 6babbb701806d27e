/** A network that answers otherwise than expected, and files of somebody else. */
import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { must } from '../../lab/index.ts'
import { cli, expectRefused, good, here, isRoot, nobody, refusal, status, top, waiver, workFolder } from './refusal.ts'

describe.concurrent('a network', () => {
  it('a backend that has /.lockgate/ itself', async () => {
    const server = createServer(({ url }, response) => {
      response.statusCode = url?.startsWith('/.lockgate/') ? 200 : 404
      response.end('mine\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const folder = workFolder(here(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    try {
      await expectRefused(
        folder,
        ['plan', 'consolidate'],
        refusal(2, 'LG1005', /payroll answers 200.*\/\.lockgate\//, 5),
      )
    } finally {
      server.close()
    }
  })

  it('an upstream name that its edge cannot resolve', () =>
    expectRefused(
      workFolder(here('http://no-such-host.invalid:8080')),
      ['plan', 'consolidate'],
      refusal(3, 'LG3001', /no-such-host\.invalid does not resolve on the edge front/),
    ))

  it('an ssh host that cannot be resolved: plan stops, verify says so and goes on', async () => {
    const key = join(top, 'ssh-key')
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
    const ssh = `{ ssh: ops@no-such-host.invalid, key: ${key} }`
    await expectRefused(
      workFolder(here().replace('via: local', `via: ${ssh}`)),
      ['plan', 'consolidate'],
      refusal(3, 'LG3001', /no-such-host\.invalid/),
    )
    const ran = await cli(workFolder(here(undefined, ssh)), ['verify', '--json'])
    expect([ran.code, ran.stdout]).toEqual([1, expect.stringMatching(/"status":"error","because":"[^"]*no-such-host/)])
  })
})

describe.skipIf(!isRoot)('no permission (needs root, to become someone else)', { concurrent: true }, () => {
  it("someone else's lockgate.yaml", async () => {
    const folder = workFolder(good)
    chmodSync(join(folder, 'lockgate.yaml'), 0o600)
    await expectRefused(folder, status, refusal(2, 'LG1001', /cannot be read.*EACCES/), nobody)
  })

  it('a folder where .lockgate cannot be made', async () => {
    const folder = workFolder(good)
    for (const args of [waiver(), ['verify'], ['apply', 'consolidate', '--yes']])
      await expectRefused(folder, args, refusal(3, 'LG3009', /\.lockgate cannot be written.*EACCES/), nobody)
    expect((await cli(folder, status, nobody)).code).toBe(1)
  })

  it("someone else's .lockgate", async () => {
    const folder = workFolder(good)
    expect((await cli(folder, waiver())).code).toBe(0)
    await expectRefused(folder, waiver(), refusal(3, 'LG3009', /EACCES/), nobody)
    for (const args of [status, ['report', '--format', 'json']])
      await expectRefused(folder, args, refusal(3, 'LG3103', /EACCES/), nobody)
  })

  it('a folder where init cannot write', () =>
    expectRefused(workFolder(null), ['init'], refusal(3, 'LG3009', /lockgate\.yaml cannot be written/), nobody))
})
