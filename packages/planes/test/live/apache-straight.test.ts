/** Behind a real Apache the usual request of a listed session goes straight to its backend, and nothing else does. */
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type EdgeModel, liveFolder, liveHome, type Origin, parseOrigin } from '@lockgate/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apache } from '../../src/apache/apache.ts'
import { edgeModel, settingsOf, withIdentity } from '../model.ts'
import { apacheVersion, writeApacheMain } from './apache-main.ts'
import { makeCertificate } from './certificate.ts'
import { type DecisionPoint, startDecisionPoint } from './decision-point.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { type Answer, rawRequest } from './raw-request.ts'
import { type Engine, startEngine } from './run-engine.ts'

const kinds = { token: 'assertion', plain: 'headers', bare: 'none' } as const
type Id = keyof typeof kinds

const stepUp = [{ backend: 'plain', path: '/admin', acr: [], maxAge: 60_000 }]

function modelOf(root: string, [http, https]: readonly number[], upstream: number): EdgeModel {
  const listen = [`http://127.0.0.1:${http}`, `https://127.0.0.1:${https}`]
  const model = edgeModel(
    settingsOf({
      edges: [{ plane: 'apache', config: join(root, 'lockgate'), listen, tls: makeCertificate(root) }],
      backends: Object.entries(kinds).map(([id, identity]) => ({
        id,
        identity,
        public: `https://${id}.acme.test:${https}`,
        upstream: `http://127.0.0.1:${upstream}`,
        limits: { body: '1KiB', timeout: '5s' },
      })),
    }),
  )
  const joined = withIdentity(model)
  if (!joined.identity) throw new Error('no identity')
  const { settings, gateway } = joined.identity
  return {
    ...joined,
    identity: {
      ...joined.identity,
      settings: { ...settings, stepUp, origin: parseOrigin(`https://login.acme.test:${https}`) as Origin },
      gateway: { ...gateway, listen: [`unix:${root}/gateway.sock`], state: `${root}/state` },
    },
  }
}

const key = (letter: string): string => letter.repeat(43)
const nameOf = (value: string): string => createHash('sha1').update(value).digest('hex')
const micro = (ms: number): string => `t=${ms * 1_000}`
const minute = 60_000
const claims = ['ana', 'sub-1', 'ana@acme.test', 'staff,payroll', 'sid-1']
const group = Number(/^www-data:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1] ?? 0)

describe('Apache, past the gateway', () => {
  const root = mkdtempSync(join(tmpdir(), 'lockgate-apache-straight-'))
  let https = 0
  let backend: EchoBackend
  let point: DecisionPoint
  let engine: Engine
  let model: EdgeModel

  const hostOf = (id: Id) => `${id}.acme.test:${https}`
  const ask = (id: Id, target: string, lines: readonly string[] = [], method = 'GET', body = ''): Promise<Answer> => {
    const head = [`${method} ${target} HTTP/1.1`, `Host: ${hostOf(id)}`, 'Connection: close', ...lines]
    return rawRequest({ port: https, serverName: `${id}.acme.test` }, `${head.join('\r\n')}\r\n\r\n${body}`)
  }
  const folderOf = (id: Id): string => {
    const one = model.backends.find((each) => each.id === id)
    if (!one || !model.identity) throw new Error('no backend')
    const paths = stepUp.filter((rule) => rule.backend === id).map((rule) => rule.path)
    const folder = liveFolder({ id, public: one.public, kind: one.identity, stepUp: paths })
    return join(liveHome(model.identity.gateway.state, model.edge.id), folder)
  }
  const put = (id: Id, value: string, text: string, mode = 0o640): void => {
    const path = join(folderOf(id), nameOf(value))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    chmodSync(path, mode)
    chownSync(path, 0, group)
  }
  const list = (id: Id, value: string, lines: readonly string[] = id === 'plain' ? claims : []): void =>
    put(id, value, [`${micro(Date.now() - 1_000)} ${micro(Date.now() + minute)}`, ...lines, '.'].join('\n'))
  const cookie = (value: string) => `Cookie: __Host-lockgate=${value}`
  const wentStraight = (answer: Answer): boolean => answer.status === 200 && point.asked.length === 0
  const seenBy = (answer: Answer): readonly (readonly [string, string])[] => {
    const raw = JSON.parse(answer.body).rawHeaders as string[]
    return raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ''] as const] : []))
  }

  beforeAll(async () => {
    chmodSync(root, 0o755)
    backend = await startEchoBackend()
    const [http = 0, secure = 0, parking = 0] = await freePorts(3)
    https = secure
    model = modelOf(root, [http, https], backend.port)
    const rendered = apache.render({ ...model, listening: [] }, apacheVersion())
    for (const file of rendered.target.files) {
      mkdirSync(dirname(file.path), { recursive: true })
      writeFileSync(file.path, file.content)
    }
    const upstreams = Object.entries(kinds).map(([id, kind]) => [
      id,
      { port: backend.port, host: hostOf(id as Id), kind },
    ])
    point = await startDecisionPoint(join(root, 'gateway.sock'), Object.fromEntries(upstreams))
    const main = writeApacheMain(root, join(root, 'lockgate'), { listens: [`127.0.0.1:${parking}`] })
    engine = await startEngine([...main, '-DFOREGROUND'], https)
    for (const id of ['plain', 'bare'] as const) list(id, key('A'))
  })
  afterAll(async () => {
    await engine?.stop()
    await point?.close()
    await backend?.close()
    rmSync(root, { recursive: true, force: true })
  })
  beforeEach(() => {
    ;(point.asked as unknown[]).length = 0
  })

  test.each([
    ['GET', '/', ''],
    ['GET', '/payslips/2026/11?view=full&q=%2F..%2f', ''],
    ['POST', '/form', 'secret=1'],
    ['DELETE', "/a/~b!$&'()*+,=:@-_.c", ''],
  ])('%s %s of a listed session', async (method, target, body) => {
    for (const id of ['plain', 'bare'] as const) {
      const answer = await ask(id, target, [cookie(key('A')), `Content-Length: ${body.length}`], method, body)
      expect(wentStraight(answer), answer.raw).toBe(true)
      expect(JSON.parse(answer.body)).toMatchObject({ method, url: target, bytes: body.length })
      expect(answer.head).not.toMatch(/^vary/im)
    }
  })

  test('the backend is told who asks, and what it was told before stage identity', async () => {
    const seen = seenBy(await ask('plain', '/x', [cookie(key('A'))]))
    expect(Object.fromEntries(seen)).toMatchObject({
      host: hostOf('plain'),
      connection: 'Keep-Alive',
      'lockgate-user': 'ana',
      'lockgate-subject': 'sub-1',
      'lockgate-email': 'ana@acme.test',
      'lockgate-groups': 'staff,payroll',
      'lockgate-session': 'sid-1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': hostOf('plain'),
      'x-forwarded-port': String(https),
      'x-real-ip': '127.0.0.1',
      'x-request-id': expect.stringMatching(/^[\w@-]+$/),
    })
    const names = seen.map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
    const ours = names.filter((name) => name.startsWith('lockgate'))
    expect(ours.toSorted()).toEqual([
      'lockgate-email',
      'lockgate-groups',
      'lockgate-session',
      'lockgate-subject',
      'lockgate-user',
    ])
    expect(seenBy(await ask('bare', '/x', [cookie(key('A'))])).filter(([name]) => /lockgate/.test(name))).toEqual([])
  })

  test('email and groups are left out where there is nothing to say', async () => {
    list('plain', key('B'), ['bo', 'sub-2', '', '', 'sid-2'])
    const answer = await ask('plain', '/x', [cookie(key('B'))])
    expect(wentStraight(answer)).toBe(true)
    const ours = seenBy(answer).filter(([name]) => name.startsWith('lockgate'))
    expect(ours).toEqual([
      ['lockgate-user', 'bo'],
      ['lockgate-subject', 'sub-2'],
      ['lockgate-session', 'sid-2'],
    ])
  })

  test('every printable character of a claim arrives as it is, and none is read as a variable', async () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
    const hostile = [
      `a${printable}z`,
      `%1 %{HTTP_HOST} $1 ${'$'}{lockgate_escape:x} %%`,
      '\'; " \\ \\1 #] [L,R=302',
      'E=lockgate_straight:0,!lockgate_user:x',
      'sid',
    ]
    list('plain', key('C'), hostile)
    const answer = await ask('plain', '/x', [cookie(key('C'))])
    expect(wentStraight(answer), answer.raw).toBe(true)
    const values = seenBy(answer).flatMap(([name, value]) => (name.startsWith('lockgate') ? [value] : []))
    expect(values).toEqual(hostile)
  })

  test.each([
    ['', ''],
    ['a=1; b=2', 'a=1; b=2'],
    ['__Host-lockgate_hand=x; a=1', 'a=1'],
  ])('our cookies go no further: beside %j', async (others, kept) => {
    for (const sent of [
      [cookieText('A'), others],
      [others, cookieText('A')],
      ['__Host-lockgate_login=l', others, cookieText('A'), '__Host-lockgate_pass=p'],
    ]) {
      const answer = await ask('plain', '/x', [`Cookie: ${sent.filter((one) => one !== '').join('; ')}`])
      expect(wentStraight(answer), answer.raw).toBe(true)
      const cookies = seenBy(answer).filter(([name]) => name === 'cookie')
      expect(cookies).toEqual(kept === '' ? [] : [['cookie', kept]])
    }
  })
  function cookieText(letter: string): string {
    return `__Host-lockgate=${key(letter)}`
  }

  test('Authorization and every spelling of what identifies people is removed', async () => {
    const spellings = ['Lockgate-User', 'Lockgate_User', 'lockgate.user', 'LOCKGATE-GROUPS', 'Lockgate-Assertion']
    const answer = await ask('bare', '/x', [
      cookie(key('A')),
      'Authorization: Bearer good',
      ...[...spellings, 'X-Forwarded-User', 'X_Forwarded_For', 'Lockgate-Asked-At'].map((name) => `${name}: forged`),
    ])
    expect(wentStraight(answer)).toBe(true)
    expect(answer.body).not.toMatch(/forged|authorization/i)
  })

  test.each<[string, Id, string, readonly string[]]>([
    ['a signed identity', 'token', '/x', []],
    ['a path that needs more', 'plain', '/admin', []],
    ['one below it in another case', 'plain', '/ADMIN/x?y', []],
    ['one with a query alone', 'plain', '/admin?x', []],
    ["the gateway's own", 'plain', '/.lockgate/session', []],
    ['an encoded path', 'plain', '/%61dmin/x', []],
    ['a hidden file', 'plain', '/.well-known/x', []],
    ['an upgrade', 'plain', '/ws', ['Upgrade: websocket']],
    ['an event stream', 'plain', '/x', ['Accept: text/event-stream']],
    ['an event stream among others', 'plain', '/x', ['Accept: text/html', 'Accept: TEXT/Event-Stream;q=1']],
    ['a bar in Accept', 'plain', '/x', ['Accept: a|b']],
  ])('%s goes through the gateway', async (_, id, target, lines) => {
    await ask(id, target, [cookie(key('A')), ...lines])
    expect(point.asked).toHaveLength(1)
  })

  test('a path that begins like one that needs more is another', async () => {
    expect(wentStraight(await ask('plain', '/administrator', [cookie(key('A'))]))).toBe(true)
  })

  test.each([
    ['none', ''],
    ['another', cookieText('Z')],
    ['one of another host', cookieText('H')],
    ['twice', `${cookieText('A')}; ${cookieText('A')}`],
    ['beside an empty one', `__Host-lockgate=; ${cookieText('A')}`],
    ['a name in another case', cookieText('A').toLowerCase().replace(/a+$/, key('A'))],
    ['beside a name in another case', `${cookieText('A')}; __HOST-lockgate_hand=x`],
    ['our name in the value of another', `a=__Host-lockgate; ${cookieText('A')}`],
    ['joined by a comma', `a=1, ${cookieText('A')}`],
    ['no blank between', `a=1;${cookieText('A')}`],
    ['two blanks between', `${cookieText('A')};  __Host-lockgate_pass=p`],
    ['in quotes', `__Host-lockgate="${key('A')}"`],
    ['too long', `${cookieText('A')}A`],
    ['a way out of the folder', '__Host-lockgate=../../../../etc/passwd'],
    ['the name of the file', `__Host-lockgate=${nameOf(key('A'))}`],
  ])('cookies that let nobody by: %s', async (_, text) => {
    list('bare', key('H'))
    expect((await ask('plain', '/x', text === '' ? [] : [`Cookie: ${text}`])).status).toBe(401)
    expect(point.asked).toHaveLength(1)
  })

  test('two Cookie headers let nobody by', async () => {
    expect((await ask('plain', '/x', ['Cookie: a=1', cookie(key('A'))])).status).toBe(401)
  })

  const now = () => Date.now()
  const times = (from: number, until: number) => `${micro(now() + from)} ${micro(now() + until)}`
  const ok = () => times(-1_000, minute)
  test.each<[string, () => string, number?]>([
    ['over', () => [times(-minute, -1), ...claims, '.'].join('\n')],
    ['not yet begun: the clock was set back', () => [times(minute, 2 * minute), ...claims, '.'].join('\n')],
    ['empty', () => ''],
    ['cut off before its end', () => [ok(), ...claims].join('\n')],
    ['cut off within a claim', () => [ok(), ...claims.slice(0, 3)].join('\n')],
    ['one line too many', () => [ok(), ...claims, 'more', '.'].join('\n')],
    ['of a backend that is told nothing', () => [ok(), '.'].join('\n')],
    ['followed by something', () => [ok(), ...claims, '.', ''].join('\n')],
    ['short of digits', () => [ok().replace(/\d /, ' '), ...claims, '.'].join('\n')],
    ['not the group’s to read', () => [ok(), ...claims, '.'].join('\n'), 0o600],
  ])('a file that is %s lets nobody by', async (_, text, mode = 0o640) => {
    list('plain', key('D'))
    expect(wentStraight(await ask('plain', '/x', [cookie(key('D'))])), 'the control').toBe(true)
    put('plain', key('D'), text(), mode)
    expect((await ask('plain', '/x', [cookie(key('D'))])).status).toBe(401)
    expect(point.asked).toHaveLength(1)
  })

  test('a removed file counts at the next request, without a reload', async () => {
    list('plain', key('E'))
    expect(wentStraight(await ask('plain', '/x', [cookie(key('E'))])), 'the control').toBe(true)
    rmSync(join(folderOf('plain'), nameOf(key('E'))))
    expect((await ask('plain', '/x', [cookie(key('E'))])).status).toBe(401)
  })

  test('what is refused without identity is refused here too', async () => {
    const lines = [cookie(key('A'))]
    expect((await ask('plain', '/a/../b', lines)).status).toBe(400)
    expect((await ask('plain', '/x', [...lines, 'Content-Length: 2000'], 'POST', 'x'.repeat(2_000))).status).toBe(413)
    expect((await ask('plain', '/x', lines, 'TRACE')).status).toBeGreaterThanOrEqual(400)
    expect(point.asked).toEqual([])
  })

  test('a redirect of the backend names its public host', async () => {
    const answer = await ask('plain', '/redirect', [cookie(key('A'))])
    expect(point.asked).toEqual([])
    expect(answer.head).toContain(`https://${hostOf('plain')}/there?x=1`)
  })

  test('a backend does not answer in the gateway’s name', async () => {
    const { status, head } = await ask('plain', '/ours', [cookie(key('A'))])
    expect(status).toBe(401)
    expect(point.asked).toEqual([])
    expect(head).not.toMatch(/lockgate-|planted/i)
    expect(head).toMatch(/^set-cookie: own=1; Path=\/\r?$/im)
  })

  test('is logged as handed to the backend', async () => {
    await ask('plain', '/logged/x', [cookie(key('A'))])
    const lines = readFileSync(model.edge.accessLog, 'utf8').trim().split('\n')
    const [line] = lines.map((one) => JSON.parse(one)).filter(({ path }) => path === '/logged/x')
    expect(line).toMatchObject({ backend: 'plain', status: 200, upstream: `127.0.0.1:${backend.port}` })
  })

  test('without the gateway it goes on until it is over', async () => {
    await point.close()
    const answer = await ask('plain', '/x', [cookie(key('A'))])
    expect(answer.status).toBe(200)
    expect((await ask('plain', '/x', [cookie(key('Z'))])).status).toBe(503)
  })
})
