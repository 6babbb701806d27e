/** What lets a request past the gateway: the list of live sessions and the rules of Apache that read it. */
import type { Mutant } from './mutant.ts'

const rules = 'packages/planes/src/apache'
const straight = (name: string): Mutant['test'] => ({
  file: 'packages/planes/test/live/apache-straight.test.ts',
  name,
})

export const apacheMutants: readonly Mutant[] = [
  {
    name: 'apache: a listed session lives on when it is over',
    answers: ['stateless tokens'],
    file: `${rules}/listed-session.ts`,
    from: "} < '$2'`",
    to: "} >= '$1'`",
    test: straight('a file that is over'),
  },
  {
    name: 'apache: of two session cookies one counts',
    answers: ['GHSA-ghc4-35x6-crw5'],
    file: `${rules}/listed-session.ts`,
    from: '(?!(?i:[^;]*__host-lockgate))[^;\\\\s][^;]*',
    to: '[^;\\\\s][^;]*',
    test: straight('cookies that let nobody by: twice'),
  },
  {
    name: 'apache: a step-up path goes past the gateway',
    answers: ['mfa-claim'],
    file: `${rules}/listed-session.ts`,
    from: "const elsewhere = prefixes.length === 0 ? '' :",
    to: "const elsewhere = prefixes.length >= 0 ? '' :",
    test: straight('a path that needs more goes through'),
  },
  {
    name: 'apache: streams go past the gateway',
    answers: ['upgrade'],
    file: `${rules}/listed-session.ts`,
    from: '`^\\\\|(?!(?i:[^|]*event-stream))[^|]*\\\\|',
    to: '`^[^|]*\\\\|[^|]*\\\\|',
    test: straight('an upgrade goes through|an event stream goes through'),
  },
  {
    name: 'apache: backends get our cookies',
    answers: ['session cookies at backends'],
    file: `${rules}/straight.ts`,
    from: "  header('edit*', 'Cookie', pattern('^__Host-lockgate[^;]*(?:; |$)|; __Host-lockgate[^;]*'), '', whenStraight),\n",
    to: '',
    test: straight('our cookies go no further'),
  },
  {
    name: 'apache: a backend speaks for the gateway',
    answers: ['fixation'],
    file: `${rules}/straight.ts`,
    from: '      ...withoutOurs,\n',
    to: '',
    test: straight('a backend does not answer'),
  },
  {
    name: 'gateway: an ended session stays listed',
    answers: ['logout'],
    file: 'apps/gateway/src/identity/gate.ts',
    from: "if ('sid' in ended) list({ kind: 'end', sid: ended.sid })",
    to: '',
    test: { file: 'test/identity/apache-list.test.ts', name: 'a logout takes every file' },
  },
]
