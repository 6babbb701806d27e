/** `lockgate code migrate`: the whole change is computed before anything is written, package by package, all of one or nothing. */
import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { analyseModule } from '../analyse-module.ts'
import { requireFolder } from '../require-folder.ts'
import { parseModule } from '../syntax/parse-module.ts'
import { type NearestPackage, packageFinder } from '../tree/dependencies.ts'
import { languageOf } from '../tree/languages.ts'
import { readTree } from '../tree/read-tree.ts'
import { isTestFile, walkFiles } from '../tree/walk-files.ts'
import { replaceable, rewriteManifest } from './manifest.ts'
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
  const failed: { file: string; because: string }[] = []
  let seen = 0
  for await (const entry of readTree(dir, options.signal)) {
    options.progress?.(++seen)
    if (entry.text === null) failed.push({ file: entry.file, because: entry.because })
    if (typeof entry.text !== 'string' || entry.language !== 'javascript') continue
    const survey = surveySafely(entry.file, entry.text, nearest(entry.file), surveyOptions)
    if ('because' in survey) failed.push({ file: entry.file, because: survey.because })
    else packages.set(nearest(entry.file).folder, [...(packages.get(nearest(entry.file).folder) ?? []), survey])
  }
  const plans: PackagePlan[] = []
  for (const [folder, surveys] of packages) {
    options.signal?.throwIfAborted()
    plans.push(await planPackage(dir, folder, withRoots(dir, folder, surveys, surveyOptions, nearest)))
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

interface PackagePlan {
  readonly files: readonly FileChange[]
  readonly decisions: readonly Decision[]
}

async function planPackage(dir: string, folder: string, surveys: readonly Survey[]): Promise<PackagePlan> {
  const blockers = surveys.flatMap((one) => one.blockers)
  const notes = surveys.flatMap((one) => one.notes)
  const changes = surveys.filter((one) => one.edits.length > 0)
  const decisions = withoutRepeats([...blockers, ...notes]).sort((a, b) =>
    a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
  )
  const replaces = surveys.some((one) => one.guards > 0) && surveys.some((one) => one.identity)
  if (blockers.length > 0 || changes.length === 0 || !replaces)
    return { files: [], decisions: [...decisions, ...unguarded(changes, replaces, blockers)] }
  const { rewriteFile } = await import('./rewrite-file.ts')
  const files: FileChange[] = []
  const foreign = changes.find(({ file }) => !isUtf8(readFileSync(join(dir, file))))
  if (foreign) return refused(decisions, foreign.file, 'is not in UTF-8: migrate this package by hand, or save it so')
  for (const { file, edits, target } of changes) {
    const before = readFileSync(join(dir, file), 'utf8')
    const after = target && rewriteFile({ file, text: before, edits, target })
    if (after === null)
      return refused(decisions, file, 'cannot be rewritten so that it still parses: migrate this package by hand')
    if (after !== before) files.push({ path: file, before, after })
  }
  const manifest = manifestChange(dir, folder, files)
  if (manifest === null) return refused(decisions, within(folder), 'is no JSON object: mend it, then run this again')
  return { files: [...files, ...manifest], decisions: [...whoMayNow(changes), ...decisions] }
}

const within = (folder: string): string => (folder === '.' ? 'package.json' : `${folder}/package.json`)

const refused = (decisions: readonly Decision[], file: string, decide: string): PackagePlan => ({
  files: [],
  decisions: [...decisions, { file, line: 1, decide }],
})

/** What the program checked was who has an account with it; what is checked now is who can sign in. */
function whoMayNow(changes: readonly Survey[]): readonly Decision[] {
  const first = changes.find((one) => one.guardLine !== null)
  if (!first || first.guardLine === null) return []
  const decide =
    'everyone who can sign in passes from now on, not only who has an account or password here: say in policy.yaml who may'
  return [{ file: first.file, line: first.guardLine, decide }]
}

/** A place that two rules ask about is asked about once, and surely if one of them was sure. */
function withoutRepeats(all: readonly Decision[]): Decision[] {
  const byQuestion = new Map<string, Decision>()
  for (const one of [...all].sort((a, b) => b.decide.length - a.decide.length))
    byQuestion.set(`${one.file}:${one.line} ${one.decide.replace(/^perhaps /, '')}`, one)
  return [...byQuestion.values()]
}

/** A login without a check that could be replaced: taking it out alone would lock everyone out. */
function unguarded(changes: readonly Survey[], replaces: boolean, blockers: readonly Decision[]): readonly Decision[] {
  const [first] = changes
  if (replaces || !first || blockers.length > 0) return []
  return [
    {
      file: first.file,
      line: 1,
      decide:
        'a login is here, but no check of an identity was found that the assertion could replace: decide where requests are to be verified',
    },
  ]
}

/** Null where the package.json is none. */
function manifestChange(dir: string, folder: string, files: readonly FileChange[]): readonly FileChange[] | null {
  const path = within(folder)
  if (!existsSync(join(dir, path)) || !files.some((one) => one.after.includes('@lockgate/assertion'))) return []
  const before = readFileSync(join(dir, path), 'utf8')
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  const after = rewriteManifest(before, unusedModules(dir, files), `^${version}`)
  return after === null ? null : [{ path, before, after }]
}

/** Names that no file has in quotes after the change; tests, configuration and other packages beside it count. */
function unusedModules(dir: string, files: readonly FileChange[]): ReadonlySet<string> {
  const changed = new Map(files.map((one) => [one.path, one.after]))
  const unused = new Set(replaceable.filter((name) => files.some((one) => mentions(one.before, name))))
  for (const path of walkFiles(dir, { extent: 'tests too' })) {
    if (unused.size === 0) break
    if (!/\.([cm]?[jt]sx?|json)$/.test(path) || /(^|\/)package(-lock)?\.json$/.test(path)) continue
    const text = changed.get(path) ?? readFileSync(join(dir, path), 'utf8')
    for (const name of unused) if (mentions(text, name)) unused.delete(name)
  }
  return unused
}

const mentions = (text: string, name: string): boolean =>
  text.includes(`'${name}'`) || text.includes(`"${name}"`) || text.includes(`\`${name}\``)
