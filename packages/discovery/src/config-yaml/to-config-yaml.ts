/** A lockgate.yaml that a person likes to read, out of what was found; always valid, with its questions marked `# ?`. */
import { type Config, LockgateError, parseConfig, parseOrigin } from '@lockgate/model'
import type { Found } from '../join-sightings.ts'
import type { FoundProxy } from '../reading.ts'
import type { Unread } from '../shapes.ts'
import { type Drafted, draftBackend } from './backends.ts'
import { type EdgeGuess, edgeLines, guessEdges, listensFor } from './edges.ts'
import { backendLines, exampleEdge, head, notBrokeredLines, unreadLines, vantageLines } from './sections.ts'

export interface ConfigDraft {
  readonly found: readonly Found[]
  readonly proxies?: readonly FoundProxy[]
  /** Instead of guessing from `proxies`. */
  readonly edges?: readonly EdgeGuess[]
  readonly vantages?: Config['vantages']
  readonly organisation?: string
  /** What could not be read, for a person to look at. */
  readonly unread?: readonly Unread[]
}

const isNotHttp = (found: Found): boolean =>
  found.upstream === null && found.notes.some((note) => /no HTTP|not HTTP/.test(note))

/** What is wrong with which of the complete backends; null: nothing, or nothing that leaving one out would mend. */
function firstFault(yaml: string): { readonly index: number; readonly because: string } | null {
  try {
    parseConfig(yaml)
    return null
  } catch (cause) {
    const index = cause instanceof LockgateError ? /^backends\[(\d+)\]/.exec(cause.at?.key ?? '')?.[1] : undefined
    return index === undefined ? null : { index: Number(index), because: (cause as LockgateError).message }
  }
}

/** Faults that are mended one by one, each at the cost of reading the whole draft. */
const mostFaults = 20

/** Backends that contradict another one are left as comments which say why; after too many of them all are. */
function settle(drafted: readonly Drafted[], print: (drafted: readonly Drafted[]) => string): string {
  let list = drafted
  for (let left = mostFaults; left > 0; left--) {
    const yaml = print(list)
    const fault = firstFault(yaml)
    if (!fault) return yaml
    const wrong = list.filter((one) => one.doubts.length === 0)[fault.index]
    list = list.map((one) => (one === wrong ? { ...one, doubts: [fault.because] } : one))
  }
  const because = 'the backends contradict each other too often; take in one after the other'
  return print(list.map((one) => (one.doubts.length === 0 ? { ...one, doubts: [because] } : one)))
}

export function toConfigYaml({ found, proxies = [], edges, vantages, organisation, unread = [] }: ConfigDraft): string {
  const candidates = found.filter((one) => !isNotHttp(one))
  const guessed = edges && edges.length > 0 ? edges : guessEdges(proxies)
  const all: readonly EdgeGuess[] =
    guessed.length > 0 || candidates.length === 0 ? guessed : [{ id: 'front', plane: 'nginx' }]
  const edgeOf = (one: Found) =>
    (all.find((edge) => one.from.some((from) => edge.sources?.includes(from.source))) ?? all[0]) as EdgeGuess
  const behind = Map.groupBy(candidates, edgeOf)
  const publicsOf = (edge: EdgeGuess) => (behind.get(edge) ?? []).flatMap((one) => one.public ?? [])
  const listens = new Map(all.map((edge) => [edge, listensFor(edge, publicsOf(edge))]))
  const taken = new Map<string, string>()
  const publicHosts = new Set(candidates.flatMap((one) => parseOrigin(one.public ?? '')?.host ?? []))
  const drafted = candidates.map((one) => {
    const edge = edgeOf(one)
    const draft = draftBackend(one, { edge: edge.id, listen: listens.get(edge) ?? [], taken, publicHosts })
    if (draft.public !== null && draft.doubts.length === 0) taken.set(draft.public, one.id)
    return draft
  })
  const before = [
    ...head(organisation),
    '# Edges: the proxies that every request has to pass.',
    all.length > 0 ? 'edges:' : 'edges: []',
    ...all.flatMap((one) => edgeLines(one, listens.get(one) ?? [])),
    ...(all.length > 0 ? [] : exampleEdge),
    '',
  ]
  const after = [...notBrokeredLines(found.filter(isNotHttp)), '', ...vantageLines(vantages), ...unreadLines(unread)]
  return settle(drafted, (list) => `${[...before, ...backendLines(list), ...after].join('\n')}\n`)
}
