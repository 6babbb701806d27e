/** `lockgate code migrate`: the whole change is computed before anything is written, package by package, all of one or nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyseModule } from '../analyse-module.ts'
import { requireFolder } from '../require-folder.ts'
import { parseModule } from '../syntax/parse-module.ts'
import { type NearestPackage, packageFinder } from '../tree/dependencies.ts'
import { languageOf } from '../tree/languages.ts'
import { readTree } from '../tree/read-tree.ts'
import { isTestFile, walkFiles } from '../tree/walk-files.ts'
import { migrateNext, type NextPackage } from './next/migrate-next.ts'
import { isNextProgram } from './next/plan-next.ts'
import { inOrder, type PackagePlan, rewritePackage, unguarded, whoMayNow } from './package-plan.ts'
import type { Decision, SurveyOptions } from './scene.ts'
import type { Survey } from './survey.ts'
import { surveyModule } from './survey.ts'
import { type FileChange, unifiedPatch } from './unified-patch.ts'

export interface MigrateOptions {
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((seen: number) => void) | undefined
  /** Names of the program for parts of the identity, and the assertion's: `{ id: 'sub', username: 'user' }`. */
  readonly map?: Readonly<Record<string, string>> | undefined
  /** The address that listeners are bound to; left out, they stay as they are. */
  readonly bind?: string | undefined
}

export interface Migration {
  /** Files that change, whole, in the order of their paths. */
  readonly files: readonly FileChange[]
  readonly patch: string
  /** What a person has to decide; of a package with something that stands in the way nothing is rewritten. */
  readonly decisions: readonly Decision[]
  readonly failed: readonly { readonly file: string; readonly because: string }[]
}

/** Throws LG1201 where `dir` is no folder, the signal's reason when it is aborted. Writes nothing. */
export async function migrateCode(dir: string, options: MigrateOptions = {}): Promise<Migration> {
  requireFolder(dir)
  const nearest = packageFinder(dir)
  const surveyOptions: SurveyOptions = { map: options.map ?? {}, bind: options.bind, roots: new Set() }
  const packages = new Map<string, Survey[]>()
  const nextPackages = new Map<string, NextPackage>()
  const failed: { file: string; because: string }[] = []
  let seen = 0
  for await (const entry of readTree(dir, options.signal)) {
    options.progress?.(++seen)
    if (entry.text === null) failed.push({ file: entry.file, because: entry.because })
    if (typeof entry.text !== 'string' || entry.language !== 'javascript') continue
    const { folder, dependencies } = nearest(entry.file)
    const survey = surveySafely(entry.file, entry.text, { folder, dependencies }, surveyOptions)
    if ('because' in survey) failed.push({ file: entry.file, because: survey.because })
    else if (isNextProgram(dependencies))
      nextPackages.set(folder, {
        folder,
        dependencies,
        files: [...(nextPackages.get(folder)?.files ?? []), entry.file],
      })
    else packages.set(folder, [...(packages.get(folder) ?? []), survey])
  }
  const plans: PackagePlan[] = []
  for (const [folder, surveys] of packages) {
    options.signal?.throwIfAborted()
    plans.push(await planPackage(dir, folder, withRoots(dir, folder, surveys, surveyOptions, nearest)))
  }
  for (const one of nextPackages.values()) {
    options.signal?.throwIfAborted()
    plans.push(await migrateNext(dir, one, surveyOptions.map))
  }
  const files = plans.flatMap((one) => one.files).sort((a, b) => (a.path < b.path ? -1 : 1))
  return { files, patch: unifiedPatch(files), decisions: plans.flatMap((one) => one.decisions), failed }
}

/** What is nested beyond the stack fails by itself. */
function surveySafely(...all: Parameters<typeof surveyFile>): ReturnType<typeof surveyFile> {
  try {
    return surveyFile(...all)
  } catch (cause) {
    if (cause instanceof RangeError) return { because: 'nested too deeply: not read' }
    throw cause
  }
}

function surveyFile(
  file: string,
  text: string,
  { dependencies }: NearestPackage,
  options: SurveyOptions,
): Survey | { readonly because: string } {
  const module = parseModule(file, text)
  return 'because' in module ? module : surveyModule(analyseModule(module, dependencies), options)
}

/** Guards that give the identity to properties of their own make every file of the package worth reading for these. */
function withRoots(
  dir: string,
  folder: string,
  surveys: readonly Survey[],
  options: SurveyOptions,
  nearest: (file: string) => NearestPackage,
): readonly Survey[] {
  const roots = new Set(surveys.flatMap((one) => one.roots).filter((one) => !/^(user|auth)$/.test(one)))
  if (roots.size === 0) return surveys
  const files = [...walkFiles(dir)].filter(
    (one) => languageOf(one) === 'javascript' && !isTestFile(one) && nearest(one).folder === folder,
  )
  return files.flatMap((file) => {
    const survey = surveyFile(file, readFileSync(join(dir, file), 'utf8'), nearest(file), { ...options, roots })
    return 'because' in survey ? [] : [survey]
  })
}

async function planPackage(dir: string, folder: string, surveys: readonly Survey[]): Promise<PackagePlan> {
  const blockers = surveys.flatMap((one) => one.blockers)
  const changes = surveys.filter((one) => one.edits.length > 0)
  const decisions = inOrder([...blockers, ...surveys.flatMap((one) => one.notes)])
  const replaces = surveys.some((one) => one.guards > 0) && surveys.some((one) => one.identity)
  const [first] = changes
  if (blockers.length > 0 || !first) return { files: [], decisions }
  if (!replaces) return { files: [], decisions: [...decisions, { file: first.file, line: 1, decide: unguarded }] }
  const rewrites = changes.map(({ file, edits, target }) => ({ file, edits, imports: target ? [target] : [] }))
  const rewritten = await rewritePackage(dir, folder, rewrites)
  if ('refused' in rewritten) return { files: [], decisions: [...decisions, rewritten.refused] }
  return { files: rewritten.files, decisions: [...guardDecision(changes), ...decisions] }
}

function guardDecision(changes: readonly Survey[]): readonly Decision[] {
  const first = changes.find((one) => one.guardLine !== null)
  return first?.guardLine ? [{ file: first.file, line: first.guardLine, decide: whoMayNow }] : []
}
