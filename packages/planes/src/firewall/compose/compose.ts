/** The firewall plane compose: an override file that binds published ports to where the edge asks, or publishes them no more. */
import { posix } from 'node:path'
import { canonicalJson, digest, type FirewallPlane, type HostModel, type Rendered, type Step } from '@lockgate/model'
import { Document, visit, YAMLSeq } from 'yaml'
import { hostGap, settingOf } from '../file-gap.ts'
import { mappingAt, readYaml } from '../yaml-documents.ts'
import { type Rebinding, rebind, type ServiceOverride } from './rebind.ts'

const overrideName = 'lockgate.override.yaml'

/** `!override` replaces a list where compose would otherwise add to it. */
function print(overrides: readonly ServiceOverride[]): string {
  const services = Object.fromEntries(
    overrides.map(({ service, ports, expose }) => [service, { ports, ...(expose.length > 0 ? { expose } : {}) }]),
  )
  const document = new Document({ services })
  document.commentBefore = ' Written by Lockgate; changes made here by hand are found and shown.'
  visit(document, {
    Pair: (_key, pair) => {
      const isPorts = (pair.key as { value?: unknown } | null)?.value === 'ports'
      if (isPorts && pair.value instanceof YAMLSeq) pair.value.tag = '!override'
    },
  })
  return document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })
}

function rebindingOf(model: HostModel, file: string, text: string | undefined): Rebinding {
  if (text === undefined) return { overrides: [], gaps: [hostGap('firewall-compose', `${file} is not there`, true)] }
  const read = readYaml(text)
  if ('unread' in read)
    return { overrides: [], gaps: [hostGap('firewall-compose', `${file} cannot be read: ${read.unread}`, true)] }
  return rebind(model, mappingAt(read.documents[0], 'services'))
}

const stepOf = (model: HostModel, file: string): Step => ({
  via: model.host.via,
  file: posix.dirname(file),
  line: null,
  text: `let compose read ${overrideName} after ${posix.basename(file)}: add it to COMPOSE_FILE in .env, as COMPOSE_FILE=${posix.basename(file)}:${overrideName}, then run docker compose up -d`,
  expects: `:${overrideName}`,
})

/** What would be written for this backend alone. */
const partsOf = (model: HostModel, file: string, text: string | undefined) =>
  Object.fromEntries(
    model.backends.map((one) => [
      one.id,
      [canonicalJson(rebindingOf({ ...model, backends: [one] }, file, text).overrides)],
    ]),
  )

function render(model: HostModel, existing: Readonly<Record<string, string>>): Rendered {
  const file = settingOf(model.host, 'compose')
  const { overrides, gaps } = rebindingOf(model, file, existing[file])
  const content = print(overrides)
  const generation = digest(content)
  const path = posix.join(posix.dirname(file), overrideName)
  return {
    target: {
      id: model.host.id,
      via: model.host.via,
      folder: null,
      files: overrides.length > 0 ? [{ path, mode: 0o644, content, order: 0, persist: 'apply' }] : [],
      test: [],
      reload: [],
      undo: [],
      readLive: null,
      loadLive: null,
      proof: null,
      generation,
      parts: partsOf(model, file, existing[file]),
      start: null,
    },
    steps: overrides.length > 0 ? [stepOf(model, file)] : [],
    gaps,
  }
}

export const compose: FirewallPlane = {
  id: 'compose',
  render,
  reads: async (host) => [settingOf(host, 'compose')],
}
