import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend, Check, Json, Verdict } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { checkById, checksOf } from '../src/index.ts'

const folder = join(import.meta.dirname, '..', 'testdata', 'identity')
const files = readdirSync(folder)

interface Recorded {
  readonly backend: Backend
  readonly facts: Json
  readonly verdict: Verdict
}

const recorded = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded
const checkOf = (file: string) => checkById(`identity.${file.split('.')[0]}`) as Check

/** Only a gateway or an identity provider that is broken on purpose would bring these about; below one fact is changed instead. */
const unseen: readonly string[] = ['session-reaches', 'mfa-claim', 'logout', 'open-redirect'].map(
  (one) => `${one}.fail.json`,
)

describe('facts that were seen in the lab', () => {
  test.each(files)('%s is judged as it was then', (file) => {
    const { backend, facts, verdict } = recorded(file)
    expect(verdict.status).toBe(file.split('.')[1])
    // A positive control that failed beside it is not the check's own judgement.
    if (verdict.status === 'error' && /positive control|could not look/.test(verdict.because)) return
    expect(checkOf(file).judge(facts, backend)).toEqual(verdict)
  })

  test('there are some of each check that passed, failed and could not look', () => {
    const wanted = checksOf('identity').flatMap(({ id, skips }) =>
      (skips ? ['fail'] : ['pass', 'fail', 'error']).map((one) => `${id.replace('identity.', '')}.${one}.json`),
    )
    expect(wanted.filter((one) => !files.includes(one) && !unseen.includes(one))).toEqual([])
  })

  test('hold no cookie, code or token', () => {
    for (const file of files)
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(
        /eyJ[\w-]{10,}\.|lg[ps]_\w{20}|[?&](?:code|r|state)=[\w-]{30}/,
      )
  })
})

type Change = (facts: Record<string, unknown>) => Record<string, unknown>

/** One fact changed, as an attacker would like it to be. */
const changes: readonly (readonly [string, string, Change, RegExp])[] = [
  [
    'an answer without a reference number',
    'anonymous.pass.json',
    (f) => ({
      ...f,
      asked: [
        ...(f.asked as object[]),
        { what: 'HEAD', target: '10.0.0.1:443', request: 'HEAD /x', outcome: 'answered', status: 200, begins: 'hi' },
      ],
    }),
    /HEAD \/x .* reaches the backend/,
  ],
  [
    'a program that is redirected',
    'anonymous.pass.json',
    (f) => ({
      ...f,
      asked: (f.asked as { what: string }[]).map((one) =>
        one.what === 'a program' ? { ...one, status: 302, location: `${f.login}/.lockgate/login` } : one,
      ),
    }),
    /redirected .* 401 was expected/,
  ],
  [
    'a mode that denies nobody',
    'anonymous.pass.json',
    (f) => ({ ...f, rollout: { mode: 'observe', percent: 0 } }),
    /mode observe/,
  ],
  [
    'a share that is denied',
    'forged-header.pass.json',
    (f) => ({ ...f, rollout: { mode: 'canary', percent: 10 } }),
    /mode canary, 10 %/,
  ],
  [
    'a forged value that shows',
    'header-variants.pass.json',
    (f) => ({ ...f, signedIn: [{ what: 'Lockgate_User', status: 200, shows: true }] }),
    /was given Lockgate_User/,
  ],
  ['another site that signs people out', 'logout.pass.json', (f) => ({ ...f, afterForged: 401 }), /another site ended/],
  [
    'a logout that takes too long',
    'logout.pass.json',
    (f) => ({ ...f, deniedAfter: 9_000 }),
    /9000 ms after the logout/,
  ],
  ['a logout that is forgotten', 'logout.pass.json', (f) => ({ ...f, stays: false }), /taken again/],
  ['a logout that nobody noticed', 'logout.pass.json', (f) => ({ ...f, deniedAfter: null }), /still taken/],
  [
    'a login without a second factor',
    'mfa-claim.pass.json',
    (f) => ({ ...f, logins: [{ from: 'log', acr: null, amr: ['pwd'], at: f.now }] }),
    /acr \(none\) and amr pwd/,
  ],
  [
    'a second factor that is left out where nobody was asked again',
    'mfa-claim.pass.json',
    (f) => ({
      ...f,
      mfa: { acr: [], amr: [['mfa']] },
      logins: [
        { from: 'log', acr: null, amr: ['mfa'], at: f.now },
        { from: 'log', acr: null, amr: [], at: f.now },
      ],
    }),
    /^the login of \S+ has acr \(none\) and amr \(none\).*leaves it out where its own session signs somebody in again/,
  ],
  [
    'another authentication context of Entra ID',
    'mfa-claim.pass.json',
    (f) => ({
      ...f,
      mfa: { acr: ['c1'], amr: [] },
      logins: [
        { from: 'log', acr: null, amr: [], contexts: ['c1'], at: f.now },
        { from: 'log', acr: null, amr: [], contexts: ['c2'], at: f.now, logins: 3 },
      ],
    }),
    /^the login of \S+ \(and 2 like it\) has acr \(none\) and amr \(none\) and acrs c2, which/,
  ],
  [
    'half of a pair of methods',
    'mfa-claim.pass.json',
    (f) => ({
      ...f,
      mfa: { acr: [], amr: [['pwd', 'otp']] },
      logins: [{ from: 'log', acr: null, amr: ['pwd'], at: f.now }],
    }),
    /proves no MFA/,
  ],
  [
    'nothing that would prove MFA',
    'mfa-claim.pass.json',
    (f) => ({ ...f, mfa: { acr: [], amr: [] } }),
    /names neither/,
  ],
  [
    'a cookie for all hosts',
    'cookie.pass.json',
    (f) => ({
      ...f,
      signedIn: [
        ...(f.signedIn as object[]),
        {
          host: 'a.test',
          name: '__Host-lockgate',
          secure: true,
          httpOnly: true,
          sameSite: 'Lax',
          domain: 'test',
          path: '/',
        },
      ],
    }),
    /has Domain test/,
  ],
  [
    'a login that leads elsewhere',
    'open-redirect.pass.json',
    (f) => ({
      ...f,
      asked: [{ request: 'GET x', signedIn: false, status: 302, leadsTo: 'https://attacker.example', sets: [] }],
    }),
    /leads to https:\/\/attacker/,
  ],
  [
    'a session for nobody',
    'open-redirect.pass.json',
    (f) => ({
      ...f,
      asked: [{ request: 'GET x', signedIn: false, status: 302, leadsTo: null, sets: ['__Host-lockgate'] }],
    }),
    /did not sign in/,
  ],
  [
    'a loop',
    'session-reaches.pass.json',
    (f) => ({ ...f, hops: Array.from({ length: 8 }, () => ({ request: 'GET x', status: 302, location: 'x' })) }),
    /in a loop/,
  ],
]

test.each(changes)('%s fails', (_, file, change, because) => {
  const { backend, facts } = recorded(file)
  const verdict = checkOf(file).judge(change(facts as Record<string, unknown>) as Json, backend)
  expect(verdict).toMatchObject({ status: 'fail', because: expect.stringMatching(because) })
})

test('idp-client is skipped without credentials, and an error where nothing could be read', () => {
  const check = checkById('identity.idp-client') as Check
  const facts = { issuer: 'https://idp.test', read: null, unread: null }
  expect(check.judge(facts, {} as Backend)).toMatchObject({
    status: 'skip',
    because: expect.stringMatching(/^no-admin-credentials:/),
  })
  expect(check.judge({ ...facts, unread: 'refused' }, {} as Backend)).toMatchObject({ status: 'error' })
  const read = { issuer: facts.issuer, client: 'lockgate', exists: false, differences: [] }
  expect(check.judge({ ...facts, read }, {} as Backend)).toMatchObject({ status: 'fail' })
  expect(check.judge({ ...facts, read: { ...read, exists: true } }, {} as Backend)).toEqual({ status: 'pass' })
})

const skipped = ['code-joined', 'local-accounts']
test.each(skipped)('%s is skipped without a source, and an error where it cannot be read', (name) => {
  const check = checkById(`identity.${name}`) as Check
  const facts = { source: null, files: 0, findings: [], failed: [], unread: null }
  expect(check.judge(facts, {} as Backend)).toMatchObject({
    status: 'skip',
    because: expect.stringMatching(/^no-source-declared:/),
  })
  expect(check.judge({ ...facts, source: './x', unread: 'gone' }, {} as Backend)).toMatchObject({ status: 'error' })
  expect(check.judge({ ...facts, source: './x', files: 3 }, {} as Backend)).toEqual({ status: 'pass' })
})
