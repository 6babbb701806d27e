import { describe, expect, it } from 'vitest'
import { authenticationOf, reaches, UNKNOWN_TIME } from './authentication.ts'
import { type Claims, groupsOverage, subjectOf } from './subject.ts'

const rules = { user: 'preferred_username', groups: 'groups' }
const keycloak = { sub: '4f1', preferred_username: 'ana', email: 'ana@acme.test', email_verified: true, name: 'Ana' }
const entra = { sub: 'pairwise', oid: 'o-1', tid: 't-1', preferred_username: 'ana@acme.test' }

describe('who somebody is', () => {
  it.each<[string, Claims, readonly string[]]>([
    ['Keycloak groups, by path', { groups: ['/hr-staff', '/staff/payroll'] }, ['hr-staff', 'staff/payroll']],
    ['Keycloak realm roles', { realm_access: { roles: ['hr', 'admin'] } }, ['role:admin', 'role:hr']],
    ['Keycloak client roles', { resource_access: { wiki: { roles: ['editor'] } } }, ['wiki:editor']],
    ['Entra roles', { roles: ['Payroll.Read'] }, ['role:Payroll.Read']],
    ['one group that is no list', { groups: 'hr' }, ['hr']],
    ['what is said twice', { groups: ['b', 'a', 'b'] }, ['a', 'b']],
    ['a group that looks like a role', { groups: ['role:admin', 'wiki:editor'] }, ['role%3Aadmin', 'wiki%3Aeditor']],
    ['a client that looks like the realm', { resource_access: { role: { roles: ['admin'] } } }, []],
    ['what is no text', { groups: [1, null, { a: 1 }, ''], realm_access: 'x', resource_access: [1] }, []],
  ])('reads %s', (_what, claims, groups) => {
    expect(subjectOf('https://idp', { ...keycloak, ...claims }, rules)?.groups).toEqual(groups)
  })

  it.each<[string, string | null, Claims, readonly string[]]>([
    ['a path with dots', 'org.teams', { org: { teams: ['red'] } }, ['red']],
    ['a claim whose name has dots', 'https://acme.test/groups', { 'https://acme.test/groups': ['red'] }, ['red']],
    ['no claim at all', null, { groups: ['red'] }, []],
  ])('finds groups by %s', (_what, groups, claims, found) => {
    expect(subjectOf('https://idp', { ...keycloak, ...claims }, { ...rules, groups })?.groups).toEqual(found)
  })

  it('names people at Entra ID by tenant and object, never by an address that may be given to somebody else', () => {
    const found = subjectOf('https://idp', entra, { user: null, groups: 'groups' })
    expect(found).toMatchObject({ subject: 't-1/o-1', user: 'o-1' })
  })

  it.each<[string, Claims, string | null]>([
    ['verified', { email: 'ana@acme.test', email_verified: true }, 'ana@acme.test'],
    ['of a provider that does not say', { email: 'ana@acme.test', email_verified: undefined }, 'ana@acme.test'],
    ['not verified', { email: 'ana@acme.test', email_verified: false }, null],
    ['with two @ (CVE-2026-40574)', { email: 'a@evil.test@acme.test' }, null],
    ['without @', { email: 'acme.test' }, null],
  ])('takes an address %s', (_what, claims, email) => {
    expect(subjectOf('https://idp', { ...keycloak, ...claims }, rules)?.email).toBe(email)
  })

  it.each<[string, Claims]>([
    ['the name is missing', { sub: '4f1' }],
    ['the name is empty', { sub: '4f1', preferred_username: '' }],
    ['the subject is missing', { preferred_username: 'ana' }],
  ])('is nobody when %s', (_what, claims) => {
    expect(subjectOf('https://idp', claims, rules)).toBeNull()
  })

  it.each<[string, Claims, ReturnType<typeof groupsOverage>]>([
    [
      'a pointer',
      { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x' } } },
      { endpoint: 'https://graph.windows.net/x' },
    ],
    ['a pointer to nothing', { _claim_names: { groups: 'src1' } }, { endpoint: null }],
    ['hasgroups of implicit flows', { hasgroups: true }, { endpoint: null }],
    ['groups that are there', { groups: ['a'] }, null],
  ])('notices groups that were left out: %s', (_what, claims, overage) => {
    expect(groupsOverage(claims)).toEqual(overage)
  })
})

describe('how somebody proved it', () => {
  const now = 1_800_000_000_000
  const mfa = { acr: ['2'], amr: [['mfa'], ['pwd', 'otp']] }
  const at = now - 60_000
  it.each<[string, Claims, boolean]>([
    ['acr', { acr: '2' }, true],
    ['an authentication context', { acrs: ['c1', '2'] }, true],
    ['another context', { acrs: ['c1'] }, false],
    ['one amr that is enough', { amr: ['mfa'] }, true],
    ['a pair of amr', { amr: ['otp', 'pwd'] }, true],
    ['half of a pair', { amr: ['pwd'] }, false],
    ['another acr', { acr: '1' }, false],
    ['an acr that only looks like it', { acr: 2 }, false],
    ['an authentication context of Entra ID', { acrs: ['c3', '2'] }, true],
    ['another context', { acrs: ['c3'] }, false],
    ['nothing', {}, false],
    ['an amr that is one text', { amr: 'mfa' }, true],
  ])('by %s', (_what, claims, proven) => {
    const found = authenticationOf({ auth_time: at / 1000, ...claims }, mfa, now)
    expect(found.mfaAt).toBe(proven ? at : null)
    expect(found.authTime).toBe(at)
  })

  it('never by rules that ask for nothing', () => {
    const claims = { acr: '2', amr: ['mfa'], auth_time: at / 1000 }
    expect(authenticationOf(claims, { acr: [], amr: [] }, now).mfaAt).toBeNull()
    expect(authenticationOf(claims, { acr: [], amr: [[]] }, now).mfaAt).toBeNull()
  })

  it.each<[string, unknown]>([
    ['not said', undefined],
    ['in the future', now / 1000 + 3_600],
    ['no number', '1800000000'],
    ['zero', 0],
  ])('at a time that is %s counts as long ago', (_what, authTime) => {
    const found = authenticationOf({ acr: '2', auth_time: authTime }, mfa, now)
    expect([found.authTime, found.mfaAt]).toEqual([UNKNOWN_TIME, UNKNOWN_TIME])
  })

  it('reaches a class by acr or by an authentication context of Entra ID', () => {
    const found = authenticationOf({ acr: '1', acrs: ['c1', 'c3'] }, mfa, now)
    expect(reaches(['2', 'c3'], found)).toBe(true)
    expect(reaches(['1'], found)).toBe(true)
    expect(reaches(['2'], found)).toBe(false)
    expect(reaches([], found)).toBe(true)
  })
})
