/** What the proxy does before anyone is signed in: form of the request, names, paths, hosts. */
import type { Mutant } from './mutant.ts'

const conformance = (plane: string): Mutant['test'] => ({
  file: 'test/conformance/conformance.test.ts',
  name: `conformance of ${plane} `,
})

export const forwardingMutants: readonly Mutant[] = [
  {
    name: 'builtin: spellings with _ and . count as other names',
    answers: ['CVE-2025-64484'],
    file: 'packages/proxy-core/src/request-headers.ts',
    from: 'const collapsed = collapsedHeader(name)',
    to: 'const collapsed = name.toLowerCase()',
    test: conformance('builtin'),
  },
  {
    name: 'builtin: names that Connection lists are kept',
    answers: ['RFC 9110 §7.6.1'],
    file: 'packages/proxy-core/src/request-headers.ts',
    from: 'if (!listed.has(name.toLowerCase())) kept.push',
    to: 'kept.push',
    test: { file: 'packages/proxy-core/test/headers.test.ts', name: 'what Connection lists' },
  },
  {
    name: 'builtin: a fragment in the target is taken',
    answers: ['CVE-2026-41059'],
    file: 'packages/proxy-core/src/path.ts',
    from: "if (target.includes('#')) return refuse('a fragment in the request target')",
    to: '',
    test: conformance('builtin'),
  },
  {
    name: 'builtin: dot segments pass',
    answers: ['CVE-2019-9901', 'CVE-2021-29492'],
    file: 'packages/proxy-core/src/path.ts',
    from: "if (!resolved) return 'a dot segment in the path'",
    to: 'if (!resolved) return segments',
    test: conformance('builtin'),
  },
  {
    name: 'builtin: encoded backslashes pass',
    answers: ['CVE-2026-26205'],
    file: 'packages/proxy-core/src/path.ts',
    from: "['a backslash in the path', (path) => /\\\\|%5c/i.test(path)],",
    to: '',
    test: conformance('builtin'),
  },
  {
    name: 'builtin: absolute form may name another host',
    answers: ['RFC 9112 §3.2.2'],
    file: 'packages/proxy-core/src/admit.ts',
    from: "if (itsHost.toLowerCase() !== host.toLowerCase()) return refusal(400, 'The request target and Host differ.')",
    to: '',
    test: conformance('builtin'),
  },
  {
    name: 'builtin: SNI and Host may differ',
    answers: ['host-sni'],
    file: 'packages/proxy-core/src/admit.ts',
    from: 'sniMatches((request.socket as TLSSocket).servername, host)',
    to: 'sniMatches(isIP(host) ? false : host, host)',
    test: conformance('builtin'),
  },
  {
    name: 'envoy: X-Forwarded-User passes',
    answers: ['CVE-2026-33495', 'CVE-2023-36456'],
    file: 'packages/planes/src/envoy/removed-headers.ts',
    from: '...families.map((prefix) => ({ prefix }))',
    to: '...families.slice(1).map((prefix) => ({ prefix }))',
    test: conformance('envoy'),
  },
  ...(['nginx', 'apache'] as const).map(
    (plane): Mutant => ({
      name: `${plane}: X-Forwarded-User passes`,
      answers: ['CVE-2026-33495', 'CVE-2023-36456'],
      file: 'packages/model/src/headers.ts',
      from: "  'x-forwarded-user',\n",
      to: '',
      test: conformance(plane),
    }),
  ),
]
