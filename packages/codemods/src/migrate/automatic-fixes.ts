/** Which findings `code migrate` would rewrite as things are: those of packages in which nothing stands in the way. */
import type { answers } from '@lockgate/model'
import type { Survey } from './survey.ts'

export interface AutomaticFixes {
  /** `folder` is the one of the module's package. */
  readonly add: (folder: string, survey: Survey) => void
  readonly mark: (findings: readonly answers.CodeFinding[]) => answers.CodeFinding[]
}

interface PackageState {
  readonly rewritten: string[]
  hindered: boolean
  guarded: boolean
  identity: boolean
}

/** Keeps lines, not trees: a package of any size costs little. */
export function automaticFixes(): AutomaticFixes {
  const packages = new Map<string, PackageState>()
  return {
    add(folder, { file, blockers, guards, identity, rewrittenLines, roots }) {
      const state = packages.get(folder) ?? { rewritten: [], hindered: false, guarded: false, identity: false }
      packages.set(folder, state)
      state.hindered ||= blockers.length > 0 || roots.some((one) => !/^(user|auth)$/.test(one))
      state.guarded ||= guards > 0
      state.identity ||= identity
      state.rewritten.push(...rewrittenLines.map((line) => `${file}:${line}`))
    },
    mark(findings) {
      const ready = [...packages.values()].filter((one) => one.guarded && one.identity && !one.hindered)
      const places = new Set(ready.flatMap((one) => one.rewritten))
      return findings.map((one) =>
        places.has(`${one.file}:${one.line}`) ? { ...one, fix: 'automatic' as const } : one,
      )
    },
  }
}
