import type { GatewayIdentity } from '@lockgate/model'
import type { Session } from '@lockgate/sso-adapter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { identityHeaders } from './identity-headers.ts'
import { claimsText, createListing, endOf, type ListChange } from './listing.ts'

const lifetime = 60_000
const settings = { session: { idle: 0, absolute: 0, pass: lifetime }, stepUp: [] } as unknown as GatewayIdentity
const session = (written: Partial<Session> = {}): Session =>
  ({ sid: 'sid-1', endsAt: 10_000_000, renewAt: null, ...written }) as Session
const place = (kind: 'assertion' | 'headers' | 'none', mode: 'observe' | 'canary' | 'enforce' = 'enforce') => ({
  id: 'payroll',
  public: { scheme: 'https' as const, host: 'payroll.acme.test', port: 443 },
  identity: { kind, mode, percent: 100 },
})
const key = 'k'.repeat(43)
const told = ['Lockgate-User', 'ana', 'Lockgate-Subject', 's', 'Lockgate-Session', 'sid-1']

function stand(now = 1_000_000) {
  const clock = { now, hears: true }
  const written: ListChange[] = []
  const listing = createListing({
    generation: 'sha256:1',
    settings,
    now: () => clock.now,
    hears: () => clock.hears,
    write: (change) => void written.push(change),
  })
  return { clock, listing, written }
}

describe('what is listed of a session', () => {
  test('times in microseconds, what the backend is told, and an end; by the digest of its cookie', () => {
    const { listing, written } = stand()
    listing.seen(place('headers'), session(), key, told)
    expect(written).toEqual([
      {
        kind: 'put',
        generation: 'sha256:1',
        sid: 'sid-1',
        folder: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: '07991db1702d2aaa50c7c2ffb4c4d630d2906bf5',
        until: 1_060_000,
        text: 't=0000001000000000 t=0000001060000000\nana\ns\n\n\nsid-1\n.',
      },
    ])
    expect(JSON.stringify(written)).not.toContain(key)
  })

  test.each([
    ['assertion', 'enforce'],
    ['headers', 'observe'],
    ['headers', 'canary'],
    ['none', 'observe'],
  ] as const)('nothing for %s in %s', (kind, mode) => {
    const { listing, written } = stand()
    listing.seen(place(kind, mode), session(), key, [])
    expect(written).toEqual([])
  })

  test('anew once half of it is over, or something else is told', () => {
    const { clock, listing, written } = stand()
    const see = (text = told) => listing.seen(place('headers'), session(), key, text)
    see()
    clock.now += lifetime / 2 - 1
    see()
    expect(written).toHaveLength(1)
    clock.now += 1
    see()
    expect(written).toHaveLength(2)
    see(told.with(1, 'bo'))
    expect(written).toHaveLength(3)
  })

  test('anew where the clock was set back, for Apache would take it for one of tomorrow', () => {
    const { clock, listing, written } = stand()
    listing.seen(place('none'), session(), key, [])
    clock.now -= 1
    listing.seen(place('none'), session(), key, [])
    expect(written).toHaveLength(2)
  })

  test('nothing while no end would be heard of, and all anew once that is over', () => {
    const { clock, listing, written } = stand()
    const see = () => listing.seen(place('headers'), session(), key, told)
    see()
    clock.hears = false
    listing.missed()
    see()
    clock.hears = true
    see()
    expect(written.map((one) => one.kind)).toEqual(['put', 'missed', 'put'])
  })

  test('not again where it ends with the session', () => {
    const { clock, listing, written } = stand()
    const one = session({ endsAt: clock.now + 10_000 })
    listing.seen(place('none'), one, key, [])
    clock.now += 9_000
    listing.seen(place('none'), one, key, [])
    expect(written).toMatchObject([{ until: one.endsAt }])
    clock.now += 1_000
    listing.seen(place('none'), one, key, [])
    expect(written).toHaveLength(1)
  })

  test.each([
    ['a lifetime', {}, 60_000],
    ['the session', { endsAt: 5_000 }, 5_000],
    ['two seconds before the renewal', { renewAt: 30_000 }, 28_000],
  ])('it ends with %s', (_, written, expected) => {
    expect(endOf(session(written), 0, lifetime)).toBe(expected)
  })

  test('whatever the claims are, each stands on its own line as the header has it', () => {
    const claim = fc.string({ unit: 'binary' })
    const hostile = fc.oneof(
      claim,
      fc.constantFrom('Lockgate-Email', '\n.\n', '\r\n', '%0A', '$1 %1', '\u0000', '\u2028'),
    )
    fc.assert(
      fc.property(hostile, hostile, fc.option(hostile), fc.array(hostile), (user, sub, email, groups) => {
        const headers = identityHeaders({
          ...{ sub, idp: null, user, email, name: null, groups, acr: null, amr: [], authTime: null },
          ...{ sid: 'sid-1', device: null, token: null, scope: [] },
        })
        const of = (name: string) => headers.find((_, index) => index % 2 === 1 && headers[index - 1] === name) ?? ''
        const names = ['Lockgate-User', 'Lockgate-Subject', 'Lockgate-Email', 'Lockgate-Groups', 'Lockgate-Session']
        expect(claimsText(headers)?.split('\n')).toEqual([...names.map(of), '.'])
      }),
    )
  })

  test('nothing where a value could be read as something else', () => {
    expect(claimsText(['Lockgate-User', 'a\nb'])).toBeNull()
    expect(claimsText(['Lockgate-User', 'a\u00e9'])).toBeNull()
  })
})
