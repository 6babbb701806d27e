/** Accounts that the backend keeps itself: passwords that are compared, tables of users, columns of passwords. */
import type { Backend, Check, Io } from '@lockgate/model'
import { look } from '../interrupt.ts'
import { skip, verdictOf } from '../verdict.ts'
import { identityStores } from './mapping.ts'

export type LocalAccountsFacts = {
  readonly source: string | null
  readonly files: number
  readonly findings: readonly {
    readonly at: string
    readonly framework: string
    readonly certainty: 'sure' | 'likely'
  }[]
  readonly unread: string | null
}

async function probe(backend: Backend, io: Io): Promise<LocalAccountsFacts> {
  const none = { source: backend.source, files: 0, findings: [], unread: null }
  if (backend.source === null) return none
  const read = await look(io, () => io.code())
  if ('unseen' in read) return { ...none, unread: read.unseen }
  const { findings = [], files = 0 } = read.seen ?? {}
  return {
    ...none,
    files,
    findings: findings
      .filter((one) => one.kind === 'password-check')
      .map(({ file, line, framework, certainty }) => ({ at: `${file}:${line}`, framework, certainty })),
  }
}

export const localAccounts: Check<LocalAccountsFacts> = {
  id: 'identity.local-accounts',
  title: 'The backend keeps no accounts of its own, but what a waiver names as break-glass',
  severity: 'blocker',
  per: 'backend',
  maps: identityStores,
  fix: 'identity.md#local-accounts',
  skips: ['no-source-declared'],
  probe,
  judge({ source, files, findings, unread }) {
    if (source === null)
      return skip('no-source-declared', 'name its code in `source`, so that accounts in it are found')
    return verdictOf(
      findings.map((one) => `${one.at}: passwords or accounts of its own (${one.framework}, ${one.certainty})`),
      [
        ...(unread === null ? [] : [`${source} could not be read: ${unread}`]),
        ...(unread === null && files === 0 ? [`${source} has no file of a language that is known`] : []),
      ],
    )
  },
}
