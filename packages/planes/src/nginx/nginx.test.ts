/** What the nginx plane writes, as text. */
import { digest, digestText, features } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { expectGolden } from '../../test/golden.ts'
import { withIdentity } from '../../test/model.ts'
import { goldenModel, printFiles } from '../../test/planes-model.ts'
import { nginx } from './nginx.ts'

const golden = (name: string) => new URL(`testdata/${name}`, import.meta.url)
const render = (edge: Readonly<Record<string, unknown>> = {}, version: string | null = '1.22.1', count = 3) =>
  nginx.render(goldenModel('nginx', edge, count), version)

test('writes whole virtual hosts', () => expectGolden(golden('ours.conf'), printFiles(render().target.files)))

test('writes snippets for hand-written server blocks', () =>
  expectGolden(golden('theirs.conf'), printFiles(render({ vhosts: 'theirs' }).target.files)))

test('is the same for the same model', () => expect(render()).toEqual(render()))

test('has the generation in one file, and it is the digest of all files without it', () => {
  const { files, generation } = render().target
  expect(files.filter((one) => one.content.includes(generation)).map((one) => one.path)).toEqual([
    '/etc/nginx/lockgate/00-lockgate.conf',
  ])
  const host = generation.slice('sha256:'.length, 'sha256:'.length + 32)
  const blank = files.map((one) => [
    one.path,
    digestText(one.content.replaceAll(generation, `sha256:${'0'.repeat(64)}`).replaceAll(host, '0'.repeat(32))),
  ])
  expect(digest(blank)).toBe(generation)
})

describe('parts', () => {
  test('of a backend stay the same when another one is added', () => {
    const [two, three] = [render({}, '1.22.1', 2).target, render().target]
    expect(three.parts.payroll).toEqual(two.parts.payroll)
    expect(three.parts['wiki.old-1']).toEqual(two.parts['wiki.old-1'])
    expect(three.generation).not.toBe(two.generation)
  })
  test('name no other backend', () => {
    const { parts } = render().target
    expect(parts.payroll?.join('')).not.toMatch(/wiki|crm\.acme/)
  })
  test('change with the edge', () =>
    expect(
      render({ listen: ['http://10.10.0.2:80', 'https://10.10.0.3:443', 'https://10.10.0.2:8443'] }).target.parts,
    ).not.toEqual(render().target.parts))
})

describe('versions', () => {
  const text = (version: string | null) => printFiles(render({}, version).target.files)
  test('before 1.19.4 an unknown SNI is a gap', () => {
    expect(text('1.18.0')).not.toContain('ssl_reject_handshake')
    expect(render({}, '1.18.0').gaps.map((one) => one.feature)).toContain('unknown-sni-refused')
    expect(text('1.22.1')).toContain('ssl_reject_handshake on')
  })
  test('from 1.25.1 http2 is a directive', () => {
    expect(text('1.22.1')).toContain('ssl http2;')
    expect(text('1.27.0')).toContain('http2 on;')
    expect(text(null)).toContain('ssl http2;')
  })
  test('is read from what nginx prints', () => {
    expect(nginx.readVersion('nginx version: nginx/1.22.1\n')).toBe('1.22.1')
    expect(nginx.readVersion('nginx version: openresty/1.21.4.1\n')).toBeNull()
    expect(nginx.readVersion('command not found')).toBeNull()
  })
})

test('says what it cannot do, and that no security depends on it', () => {
  const { gaps } = render()
  expect(gaps.map((one) => [one.backend, one.feature, one.required])).toEqual([
    ['wiki.old-1', 'path-normalisation', false],
    ['wiki.old-1', 'path-normalisation', false],
    ['crm', 'upstream-tls-verified', false],
  ])
  const wildcard = render({ listen: ['http://0.0.0.0:80', 'https://0.0.0.0:443', 'https://10.10.0.2:8443'] })
  expect(wildcard.gaps.map((one) => one.feature)).toContain('unknown-host-refused')
})

test('carries gRPC where it listens with TLS, and says where it does not', () => {
  const whole = goldenModel('nginx', {})
  const edge = { ...whole.edge, listen: whole.edge.listen.filter((one) => one.scheme === 'http') }
  const backends = whole.backends.filter((one) => one.public.scheme === 'http')
  const plain = nginx.render({ ...whole, edge, backends }, '1.22.1')
  expect(plain.gaps.map((one) => [one.backend, one.feature])).toContainEqual([null, 'grpc'])
  expect(printFiles(plain.target.files)).not.toContain('grpc')
  expect(render().gaps.map((one) => one.feature)).not.toContain('grpc')
  expect(printFiles(render().target.files)).toContain('grpc_pass grpc')
})

test('asks for each snippet to be included, and proves the generation on an address of its own', () => {
  const { steps, target } = render({ vhosts: 'theirs' })
  expect(steps.map((one) => [one.file, one.expects])).toContainEqual([
    '/etc/nginx',
    'include /etc/nginx/lockgate/snippets/backend-payroll.conf;',
  ])
  expect(target.proof).toMatchObject({ urls: ['http://127.76.71.1:80/'], expect: target.generation })
})

test("takes the operator's test and reload, and an empty reload as none", () => {
  const { target } = render({ test: ['nginx', '-t', '-c', '/x'], reload: [] })
  expect([target.test, target.reload]).toEqual([[['nginx', '-t', '-c', '/x']], []])
})

test('says of every feature whether it has it', () =>
  expect(Object.keys(nginx.supports).sort()).toEqual([...features].sort()))

describe('stage identity', () => {
  const model = (vhosts: string) => goldenModel('nginx', { vhosts })
  const joined = (names: readonly string[], vhosts = 'ours') =>
    nginx.render(withIdentity(model(vhosts), names), '1.22.1').target

  test('writes what stands in a server block besides the removed headers', () => {
    const { files } = joined(['payroll'])
    const text = printFiles(
      files.filter((one) => !one.path.includes('backend-wiki') && !one.path.includes('backend-crm')),
    )
    expectGolden(golden('identity.conf'), text.replace(/^ +proxy_set_header [a-z-]+ "";\n/gm, ''))
  })

  test('the parts of a backend stay when another one joins, and those of one that does not take part at all times', () => {
    const [alone, both] = [joined(['payroll']), joined(['payroll', 'crm'])]
    expect(both.parts.payroll).toEqual(alone.parts.payroll)
    expect(both.parts.crm).not.toEqual(alone.parts.crm)
    expect(both.parts['wiki.old-1']).toEqual(render().target.parts['wiki.old-1'])
  })

  test('the login origin is served at its own edge alone', () => {
    const paths = (edge: string) => {
      const written = withIdentity(model('ours'), ['payroll'])
      const identity = written.identity as NonNullable<typeof written.identity>
      const settings = { ...identity.settings, edge }
      return nginx.render({ ...written, identity: { ...identity, settings } }, null).target.files.map((one) => one.path)
    }
    expect(paths('front')).toContain('/etc/nginx/lockgate/login.conf')
    expect(paths('back')).not.toContain('/etc/nginx/lockgate/login.conf')
  })

  test('asks for a server block of the login origin where the blocks are hand-written', () => {
    const { steps, gaps } = nginx.render(withIdentity(model('theirs'), ['payroll']), '1.22.1')
    expect(steps.at(-1)?.expects).toBe('include /etc/nginx/lockgate/snippets/login.conf;')
    expect(gaps.filter((one) => one.because.includes('ask for no sign-in')).map((one) => one.backend)).toEqual([
      'payroll',
    ])
  })
})
