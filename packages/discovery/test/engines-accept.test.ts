import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testdata } from './golden.ts'
import { envoyProgram, has } from './place.ts'

let folder = ''

/** The inputs with the certificate that they name, in a folder of their own. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockgate-accept-'))
  cpSync(testdata, folder, { recursive: true })
  const options = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=acme.test',
  ]
  for (const engine of ['nginx', 'apache']) {
    const run = join(folder, engine, 'run')
    mkdirSync(run)
    execFileSync('openssl', ['req', ...options, '-keyout', join(run, 'acme.key'), '-out', join(run, 'acme.pem')], {
      stdio: 'pipe',
    })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const inCi = process.env.CI === 'true'

describe('the inputs of these tests are real: their engines accept them', () => {
  it.skipIf(!inCi && !has('nginx'))('nginx -t (needs nginx)', () =>
    accepts('nginx', ['-t', '-q', '-p', join(folder, 'nginx'), '-c', join(folder, 'nginx/nginx.conf')]),
  )

  it.skipIf(!inCi && !has('apache2'))('apache2 -t (needs apache2)', () =>
    accepts('apache2', ['-t', '-f', join(folder, 'apache/apache2.conf')], { LAB: join(folder, 'apache') }),
  )

  it.skipIf(!inCi && !has('haproxy'))('haproxy -c (needs haproxy)', () =>
    accepts('haproxy', ['-c', '-q', '-f', 'haproxy.cfg'], {}, join(folder, 'haproxy')),
  )

  it.skipIf(!inCi && !envoyProgram)('envoy --mode validate (needs envoy)', () =>
    accepts(
      envoyProgram ?? 'envoy',
      ['--mode', 'validate', '-l', 'error', '-c', 'bootstrap.yaml'],
      {},
      join(folder, 'envoy'),
    ),
  )
})

function accepts(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = folder,
): void {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(status, `${stdout}${stderr}`).toBe(0)
}
