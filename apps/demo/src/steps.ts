/** The walk, step by step: what is run, what it must end with, and what is said of its answer. */
import { applicationFolder, applications } from './applications.ts'
import type { Company } from './company.ts'

export interface Answer {
  readonly gate?: string
  readonly reasons?: readonly { check: string; backend: string | null; vantage: string | null; because: string }[]
  readonly files?: readonly { path: string; change: string }[] | { readonly seen: number }
  readonly findings?: readonly { file: string; line: number; kind: string; framework: string; fix: string }[]
  readonly applied?: boolean
  readonly confirmBy?: string | null
  readonly confirmed?: boolean
  readonly user?: string
  readonly amr?: readonly string[]
}

/** Lines to say about the answer, or null where it is not what it must be. */
type Read = (answer: Answer) => readonly string[] | null

export interface Step {
  readonly title: string
  readonly args: readonly string[]
  readonly code: number
  readonly read: Read
  /** What a person does while the command waits, told what it says on stderr so far; true once it is done. */
  readonly meanwhile?: (said: string) => Promise<boolean>
  /** What the company does once it has ended well. */
  readonly afterwards?: () => Promise<void>
}

const shownReasons = 6

const shut: Read = ({ gate, reasons = [] }) => {
  if (gate !== 'shut') return null
  const shown = reasons.slice(0, shownReasons).map(({ check, backend, vantage, because }) => {
    const where = [backend, vantage && `from ${vantage}`].filter(Boolean).join(' ')
    return `  ✗ ${check}${where ? ` ${where}` : ''}: ${because}`
  })
  return [
    `The gate is shut, for ${reasons.length} reasons:`,
    ...shown,
    ...(reasons.length > shownReasons ? ['  …'] : []),
  ]
}

const open =
  (because: string): Read =>
  ({ gate, reasons = [] }) =>
    gate === 'open' && reasons.length === 0 ? [`The gate is open: ${because}`] : null

const planned =
  (folder: string): Read =>
  ({ files }) =>
    Array.isArray(files) ? files.map(({ path, change }) => `  ${change} ${path.replace(`${folder}/`, '')}`) : null

const applied: Read = (answer) =>
  answer.applied ? [`Applied; waits for a confirmation until ${answer.confirmBy}.`] : null

const confirmed: Read = (answer) =>
  answer.confirmed ? ['Confirmed: nothing restores itself any more, and the rules are on disk.'] : null

const confirm: Step = {
  title: 'Confirm, over new connections to every host',
  args: ['confirm'],
  code: 0,
  read: confirmed,
}

const consolidate = (folder: string): readonly Step[] => [
  {
    title: 'Stage 1. See from where users stand what is exposed',
    args: ['verify', 'consolidate'],
    code: 1,
    read: shut,
  },
  {
    title: 'Plan: what would be written, and where; nothing changes',
    args: ['plan', 'consolidate'],
    code: 0,
    read: planned(folder),
  },
  {
    title: 'Apply it as one transaction; hosts restore themselves unless it is confirmed',
    args: ['apply', 'consolidate', '--yes'],
    code: 0,
    read: applied,
  },
  confirm,
  {
    title: 'Verify again',
    args: ['verify', 'consolidate'],
    code: 0,
    read: open('every probe from where users and neighbours stand is answered by the proxy alone.'),
  },
]

const found: Read = ({ findings = [] }) =>
  findings.length === 0
    ? null
    : findings
        .filter((one) => one.kind !== 'listener')
        .map(({ file, line, kind, framework, fix }) => `  ${file}:${line} ${kind} (${framework}, ${fix})`)

const signedIn: Read = ({ user, amr }) => (user && amr ? [`${user} signed in with ${amr.join(', ')}.`] : null)

/** payroll says `req.session.user` where the assertion says `user`. */
const migrate = (folder: string, id: string): Step => ({
  title: `Take ${id}'s own login out of its source, for the proxy's signed assertion`,
  args: ['code', 'migrate', applicationFolder(folder, id), '--write', '--map', 'user=user'],
  code: 0,
  read: () => [],
})

const identity = (folder: string, company: Company): readonly Step[] => [
  {
    title: 'Stage 2. Find the logins that the applications have of their own',
    args: ['code', 'scan', `${folder}/company`],
    code: 1,
    read: found,
  },
  {
    title: 'See what is answered without a session of the proxy',
    args: ['verify', 'identity'],
    code: 1,
    read: shut,
  },
  {
    title: 'Plan: login origin, passes, headers; and the client at the identity provider',
    args: ['plan', 'identity'],
    code: 0,
    read: planned(folder),
  },
  {
    title: 'Observe first: requests pass, what would be denied is logged',
    args: ['apply', 'identity', '--mode', 'observe', '--yes'],
    code: 0,
    read: applied,
  },
  confirm,
  {
    title: 'Enforce: who is not signed in is led to the login, programs get 401',
    args: ['apply', 'identity', '--mode', 'enforce', '--yes'],
    code: 0,
    read: applied,
  },
  confirm,
  ...applications.map(({ id }, index): Step => {
    const step = migrate(folder, id)
    return index === applications.length - 1 ? { ...step, afterwards: company.restartApplications } : step
  }),
  {
    title: 'Sign in as a person with a one-time code, for the probes that must be',
    args: ['login', '--device'],
    code: 0,
    read: signedIn,
    meanwhile: async (said) => {
      const [, url, code] = /Open (\S+) in a browser and type the code (\S+)/.exec(said) ?? []
      if (!url || !code) return false
      await company.signIn(url, code)
      return true
    },
  },
  {
    title: 'Verify again',
    args: ['verify', 'identity'],
    code: 0,
    read: open('one login with a second factor at the proxy, none at the applications.'),
  },
]

export const steps = (folder: string, company: Company): readonly Step[] => [
  ...consolidate(folder),
  ...identity(folder, company),
]
