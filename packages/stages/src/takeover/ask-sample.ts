/** Asks the old and the generated virtual host the same questions from the edge's own host. */
import { type HttpAnswer, type HttpLine, openLine } from '@lockgate/checks'
import { type answers, type Backend, type Endpoint, isIpAddress, type Reach } from '@lockgate/model'
import { compareAnswers, type Difference } from './compare-answers.ts'

export interface Question {
  readonly backend: Backend
  readonly reach: Reach
  /** Where the old one may be met; the first that answers is asked. */
  readonly old: readonly Endpoint[]
  readonly trial: Endpoint
  readonly targets: readonly string[]
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** Milliseconds for one answer, and for a whole sample: what is left then stays unasked. */
const connectMs = 3_000
const answerMs = 5_000
const wholeMs = 120_000

/** Differences of one answer that are said; the first few tell. */
const mostDifferences = 100

export async function askSample(question: Question): Promise<answers.Sampled> {
  const { backend, targets } = question
  const [trial, old] = [lineTo(question, question.trial), await oldLine(question)]
  const result = { backend: backend.id, asked: 0, alike: 0, different: 0, varying: 0, unanswered: 0 }
  const differences: answers.Sampled['differences'] = []
  const end = Date.now() + wholeMs
  try {
    for (const target of targets) {
      if (Date.now() > end) break
      question.progress(`${backend.id}: ${result.asked + 1} of ${targets.length} requests of the sample`)
      const seen = await askBoth(old, trial, target, hostHeader(backend))
      question.signal.throwIfAborted()
      result.asked++
      result[seen.outcome]++
      const path = target.replace(/\?.*$/, '?…')
      if (differences.length < mostDifferences) differences.push(...seen.differences.map((one) => ({ path, ...one })))
    }
  } finally {
    old.close()
    trial.close()
  }
  return { ...result, differences }
}

const hostHeader = ({ public: { origin, scheme } }: Backend): string => origin.slice(scheme.length + 3)

function lineTo({ backend, reach, signal }: Question, endpoint: Endpoint): HttpLine {
  const { host, scheme } = backend.public
  const tls = scheme === 'http' ? null : { servername: isIpAddress(host) ? null : host, check: null }
  return openLine(reach, endpoint, tls, { connectMs, answerMs, signal })
}

async function oldLine(question: Question): Promise<HttpLine> {
  const host = hostHeader(question.backend)
  for (const endpoint of question.old.slice(0, -1)) {
    const line = lineTo(question, endpoint)
    if ((await line.get(question.targets[0] ?? '/', host)).outcome === 'answered') return line
    line.close()
  }
  return lineTo(question, question.old.at(-1) ?? { host: '127.0.0.1', port: question.backend.public.port })
}

interface Compared {
  readonly outcome: 'alike' | 'different' | 'varying' | 'unanswered'
  readonly differences: readonly Difference[]
}

/** Where they differ the old one is asked once more: what it does not say twice alike is no difference of the new one. */
async function askBoth(old: HttpLine, trial: HttpLine, target: string, host: string): Promise<Compared> {
  const [before, after] = await Promise.all([old.get(target, host), trial.get(target, host)])
  if (before.outcome !== 'answered' && after.outcome !== 'answered') return { outcome: 'unanswered', differences: [] }
  const differences = compareAnswers(before, after)
  if (differences.length === 0) return { outcome: 'alike', differences }
  return settle(before, await old.get(target, host), differences)
}

function settle(before: HttpAnswer, again: HttpAnswer, differences: readonly Difference[]): Compared {
  const unsteady = new Set(compareAnswers(before, again).map((one) => one.what))
  const left = differences.filter((one) => !unsteady.has(one.what))
  return { outcome: left.length > 0 ? 'different' : 'varying', differences: left }
}
