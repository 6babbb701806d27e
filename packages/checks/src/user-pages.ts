/** A backend's pages as its users get them: by anybody, or, once the gateway lets nobody in, with the operator's session or past it from the edge. */
import type { Backend, Endpoint, Io } from '@lockgate/model'
import { type Answer, askAllFromVantage, publicAsk } from './ask.ts'
import { mapBounded } from './bounded.ts'
import type { ExactAnswer, HeaderLine } from './exact-ask.ts'
import { askBackend } from './identity/backend-asks.ts'
import { signedIn } from './identity/signed-in.ts'

export type SeenAs = 'anybody' | 'session' | 'edge'

export interface UserPages {
  readonly seenAs: SeenAs
  /** In the order of the paths. */
  readonly answers: readonly Answer[]
}

const asPage: readonly HeaderLine[] = [['Accept', 'text/html,*/*']]

function toAnswer(answer: ExactAnswer): Answer {
  if (answer.outcome !== 'answered') return answer
  const { status, headers, body } = answer
  const names = Map.groupBy(headers, ([name]) => name.toLowerCase())
  const values = [...names].map(([name, lines]) => [
    name,
    lines.length === 1 ? lines[0]?.[1] : lines.map((one) => one[1]),
  ])
  return { outcome: 'answered', status, headers: Object.fromEntries(values), body, cut: false }
}

/** As the edge would, and as nobody. */
export const askPastGateway = async (backend: Backend, paths: readonly string[], io: Io): Promise<UserPages> => ({
  seenAs: 'edge',
  answers: await mapBounded(paths, 4, async (target) =>
    toAnswer(await askBackend(backend, { target, headers: asPage }, io)),
  ),
})

async function askThere(backend: Backend, paths: readonly string[], io: Io): Promise<UserPages> {
  const signed = await signedIn(backend, io)
  if (signed.kind === 'not') return askPastGateway(backend, paths, io)
  const { browser, site } = signed
  const ask = async (target: string) => toAnswer(await browser.ask(site, { target, headers: asPage }))
  return { seenAs: 'session', answers: await mapBounded(paths, 4, ask) }
}

export async function askUserPages(
  backend: Backend,
  endpoint: Endpoint,
  paths: readonly string[],
  io: Io,
): Promise<UserPages> {
  const mode = io.identity?.rollout?.mode ?? 'observe'
  if (mode !== 'observe') return askThere(backend, paths, io)
  const questions = paths.map((path) => publicAsk(backend.public, endpoint, path))
  return { seenAs: 'anybody', answers: await askAllFromVantage(questions, io) }
}
