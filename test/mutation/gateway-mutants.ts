/** What the gateway does once it is asked who somebody is: logins, handoffs, cookies, parameters, logouts, ends. */
import type { Mutant } from './mutant.ts'

const source = 'apps/gateway/src'
const hostile = (name: string, role: 'proxy' | 'decide' = 'proxy'): Mutant['test'] => ({
  file: 'apps/gateway/test/hostile.test.ts',
  name: `role ${role}.*${name}`,
})
const named = (file: string, name: string): Mutant['test'] => ({ file: `apps/gateway/test/${file}.test.ts`, name })

export const gatewayMutants: readonly Mutant[] = [
  {
    name: 'gateway: whoever is denied is forwarded',
    answers: ['GHSA-59jp-rwph-878r', 'CVE-2022-29226'],
    file: `${source}/identity/decide.ts`,
    from: "if (verdict.kind !== 'allow' && enforced) return refuse(site, question, cookies, who, verdict)",
    to: '',
    test: hostile('GHSA-59jp'),
  },
  {
    name: 'gateway: a handoff is bound to no browser',
    answers: ['login CSRF'],
    file: `${source}/identity/handoff-binding.ts`,
    from: "hash('sha256', value, 'base64url')",
    to: "hash('sha256', value.slice(0, 0), 'base64url')",
    test: hostile('login CSRF'),
  },
  {
    name: 'gateway: of two session cookies one counts',
    answers: ['GHSA-ghc4-35x6-crw5'],
    file: `${source}/identity/cookies.ts`,
    from: 'for (const name of twice) ours.delete(name)',
    to: '',
    test: hostile('two session cookies'),
  },
  {
    name: 'gateway: backends get our cookies',
    answers: ['session cookies at backends'],
    file: `${source}/identity/cookies.ts`,
    from: "return kept.length === 0 ? null : kept.join('; ')",
    to: 'return header',
    test: hostile('our cookies and Authorization'),
  },
  {
    name: 'gateway: backends get Authorization in enforce',
    answers: ['bearer tokens at backends'],
    file: `${source}/identity/decide.ts`,
    from: 'rest: enforced ? withoutAuthorization(cookies.rest) : cookies.rest',
    to: 'rest: cookies.rest',
    test: hostile('our cookies and Authorization'),
  },
  {
    name: 'gateway: a login leads back to wherever it is told',
    answers: ['CVE-2020-5233', 'CVE-2020-11053', 'CVE-2021-21291', 'CVE-2022-23527'],
    file: `${source}/identity/return-target.ts`,
    from: 'if (target === null || !judgePath(target, strict).ok) return null',
    to: 'if (target !== null) return target',
    test: hostile('CVE-2020-5233.*evil.test leads'),
  },
  {
    name: 'gateway: a sealed parameter serves any purpose',
    answers: ['CVE-2021-29651', 'CVE-2021-29652'],
    file: `${source}/identity/sealed.ts`,
    from: "['gateway', purpose].join(' ')",
    to: "['gateway', purpose === 'carry'].join(' ')",
    test: hostile('CVE-2021-29651'),
  },
  {
    name: 'gateway: another site can ask for the logout',
    answers: ['logout CSRF'],
    file: `${source}/endpoints/logout.ts`,
    from: 'if (!sent || !isSameOrigin(visit.asked.headers, visit.origin)) {',
    to: 'if (!sent) {',
    test: hostile('logout that another site'),
  },
  {
    name: 'gateway: another site can post our forms',
    answers: ['logout CSRF'],
    file: `${source}/endpoints/endpoint.ts`,
    from: 'if (isSameOrigin(visit.asked.headers, visit.origin)) return null',
    to: 'if (visit.origin) return null',
    test: hostile('logout that another site'),
  },
  {
    name: 'gateway: a person ends any session by its name',
    answers: ['sessions of others'],
    file: `${source}/endpoints/sessions.ts`,
    from: 'const wanted = all.find((one) => one.sid === sid)',
    to: 'const wanted = all && sid !== null ? { sid } : undefined',
    test: hostile('somebody else’s session'),
  },
  {
    name: 'gateway: a check is answered to whoever asks',
    answers: ['assertions at browsers'],
    file: `${source}/identity/engine.ts`,
    from: "&& headersOf(request, 'lockgate-backend') !== null",
    to: '',
    test: hostile('the name below which', 'decide'),
  },
  {
    name: 'gateway: the end of a session leaves its pass good',
    answers: ['CVE-2026-28755'],
    file: `${source}/identity/pass-keys.ts`,
    from: 'touched.has(index) ? makeShard(one.serial + 1) : one',
    to: 'touched.has(-1 - index) ? makeShard(one.serial + 1) : one',
    test: named('decision-point', 'the end of a session withdraws'),
  },
  {
    name: 'gateway: streams outlive their session',
    answers: ['WebSockets that survive logout'],
    file: `${source}/identity/gate.ts`,
    from: 'tools.sso.onEnded((ended) => cutEnded(proxy, ended))',
    to: 'void cutEnded',
    test: named('rollout', 'role proxy: streams.*server-sent'),
  },
  {
    name: 'gateway: a backend may set our cookies and speak by our headers',
    answers: ['session fixation by a backend'],
    file: 'packages/proxy-core/src/response-headers.ts',
    from: 'if (setsOurCookie(lower, value)) continue',
    to: '',
    test: { file: 'packages/proxy-core/test/joints.test.ts', name: 'a backend cannot speak' },
  },
]
