/** `lockgate code scan`: a backend's own login, found without running any of its code. */
import type { answers } from '@lockgate/model'
import { analyseModule } from './analyse-module.ts'
import { foreignScanner } from './foreign/foreign-scanner.ts'
import { lineIndex, snippetAt } from './line-index.ts'
import { automaticFixes } from './migrate/automatic-fixes.ts'
import type { SurveyOptions } from './migrate/scene.ts'
import { type Survey, surveyModule } from './migrate/survey.ts'
import { requireFolder } from './require-folder.ts'
import { symfonyFirewalls } from './rules/symfony-firewalls.ts'
import { prismaFields, sqlColumns, type TextFound } from './rules/tables-text.ts'
import { componentScripts } from './syntax/component-scripts.ts'
import { parseModule } from './syntax/parse-module.ts'
import { packageFinder } from './tree/dependencies.ts'
import type { Language } from './tree/languages.ts'
import { readTree } from './tree/read-tree.ts'

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
  /** Told now and then how many files were seen and how many findings there are. */
  readonly progress?: ((seen: number, findings: number) => void) | undefined
}

interface Reading {
  readonly found: readonly TextFound[]
  readonly survey?: Survey
  readonly because?: string
}

/**
 * Findings in the order of files and lines. `failed` names files that were not judged, with the reason.
 * Throws LG1201 where `dir` is no folder, the signal's reason when it is aborted.
 */
export async function scanCode(dir: string, options: ScanOptions = {}): Promise<answers.CodeScan> {
  requireFolder(dir)
  const nearest = packageFinder(dir)
  const foreign = foreignScanner()
  const automatic = automaticFixes()
  const findings: answers.CodeFinding[] = []
  const failed: { file: string; because: string }[] = []
  const counts = { seen: 0, parsed: 0 }
  for await (const entry of readTree(dir, options.signal)) {
    counts.seen += 1
    options.progress?.(counts.seen, findings.length)
    if (entry.text === undefined) continue
    if (entry.text === null) {
      failed.push({ file: entry.file, because: entry.because })
      continue
    }
    const { file, language, text } = entry
    const reading = readSafely(file, language, text, { nearest, foreign })
    if (reading.because) failed.push({ file, because: reading.because })
    else counts.parsed += 1
    if (reading.survey) automatic.add(nearest(file).folder, reading.survey)
    findings.push(...toFindings(file, text, language, reading.found))
  }
  return { findings: automatic.mark(findings), files: { ...counts, failed } }
}

interface Readers {
  readonly nearest: ReturnType<typeof packageFinder>
  readonly foreign: ReturnType<typeof foreignScanner>
}

const asIs: SurveyOptions = { map: {}, roots: new Set() }

/** What is nested beyond the stack, a sum of ten thousand terms for instance, fails by itself. */
function readSafely(...all: Parameters<typeof read>): Reading {
  try {
    return read(...all)
  } catch (cause) {
    if (cause instanceof RangeError) return { found: [], because: 'nested too deeply: not read' }
    throw cause
  }
}

function read(file: string, language: Language, text: string, { nearest, foreign }: Readers): Reading {
  if (language === 'sql') return { found: sqlColumns(text) }
  if (language === 'yaml') return { found: symfonyFirewalls(text) }
  if (language === 'prisma') return { found: prismaFields(text) }
  if (language === 'component') return readComponent(file, text, nearest)
  if (language !== 'javascript') return foreign(language, text)
  const module = parseModule(file, text)
  if ('because' in module) return { found: [], because: module.because }
  const facts = analyseModule(module, nearest(file).dependencies)
  return { found: facts.found, survey: surveyModule(facts, asIs) }
}

/** Its scripts, of which nothing is rewritten. */
function readComponent(file: string, text: string, nearest: Readers['nearest']): Reading {
  const module = parseModule(`${file}.ts`, componentScripts(text))
  return 'because' in module
    ? { found: [], because: module.because }
    : { found: analyseModule(module, nearest(file).dependencies).found }
}

/** What one line is, it is once; of two opinions the surer one stays. */
function toFindings(
  file: string,
  text: string,
  language: Language,
  found: readonly TextFound[],
): readonly answers.CodeFinding[] {
  const lineOf = lineIndex(text)
  const byPlace = new Map<string, answers.CodeFinding>()
  for (const one of [...found].sort((a, b) => a.at - b.at)) {
    const line = lineOf(one.at)
    const key = `${line} ${one.kind} ${one.method ?? ''} ${one.path ?? ''}`
    const before = byPlace.get(key)
    if (before && (before.certainty === 'sure' || one.certainty === 'likely')) continue
    const { kind, framework, certainty, method, path } = one
    const fix = language === 'javascript' && kind !== 'password-check' ? 'guided' : 'by-hand'
    const route = { ...(method ? { method } : {}), ...(path ? { path } : {}) }
    byPlace.set(key, { file, line, kind, framework, snippet: snippetAt(text, one.at), certainty, fix, ...route })
  }
  return [...byPlace.values()]
}
