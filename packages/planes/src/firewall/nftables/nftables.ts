/** The firewall plane nftables: one table of its own on each host, replaced as a whole, never touching another. */
import {
  canonicalJson,
  digestText,
  type FirewallPlane,
  type Gap,
  type Host,
  type HostModel,
  LockgateError,
  type Rendered,
} from '@lockgate/model'
import { type GuardedPort, guardedPorts, keptPorts } from '../guarded-ports.ts'
import { allowedRules, guardedAddresses, rulesOf, tableName } from './rules.ts'
import { printRule, printRuleset } from './ruleset.ts'

const list = ['nft', '-s', 'list', 'table', 'inet', tableName] as const
/** Adding first makes the deletion succeed where there is no table. */
const clear = `add table inet ${tableName}; delete table inet ${tableName}`

function fileOf(host: Host): string {
  if ('nftables' in host.firewall) return host.firewall.nftables
  throw new LockgateError('LG1005', `${host.id} has no firewall {nftables: FILE}`)
}

const frameOf = (others: Host['others']): string =>
  printRuleset(rulesOf({ backends: [], host: { addresses: [], keep: [], close: [], others } }, [], 'frame'))

/** The rules without anything of a host in them: another printer, other parts. */
const frames = { report: frameOf('report'), close: frameOf('close') } as const

/** By backend: the frame of the rules, its own rules, and what the host opens and closes for all. */
function partsOf(model: HostModel, guarded: readonly GuardedPort[]): Readonly<Record<string, readonly string[]>> {
  const { host } = model
  const byPort = new Map(guarded.map((one) => [one.port, one]))
  const { close, keep, others } = host
  return Object.fromEntries(
    model.backends.map((backend) => {
      const { port } = backend.upstream
      const edges = byPort.get(port)?.edges ?? { v4: [], v6: [] }
      const allowed = allowedRules({ ports: [port], edges }).map(printRule)
      const addresses = guardedAddresses({ ...model, backends: [backend] })
      return [backend.id, [frames[others], canonicalJson({ addresses, allowed, close, keep, others, port })]]
    }),
  )
}

const gap = (feature: string, because: string): Gap => ({
  edge: null,
  backend: null,
  feature,
  because,
  required: false,
})

function gapsOf({ host, edgeAddresses }: HostModel, guarded: readonly GuardedPort[]): readonly Gap[] {
  const kept = new Set(keptPorts(host.keep, guarded))
  const contradicted = host.keep.filter((port) => !kept.has(port))
  const shared = edgeAddresses.filter((one) => host.addresses.includes(one))
  const who = host.id
  const found: readonly (readonly [boolean, string, string])[] = [
    [
      true,
      'firewall-sight',
      `${who}: nftables does not see macvlan or ipvlan containers, SR-IOV, XDP or eBPF data paths; UDP is left alone`,
    ],
    [
      true,
      'firewall-boot',
      `${who}: the rules are back after a restart only if the host loads ${fileOf(host)} then, for example by an include in /etc/nftables.conf`,
    ],
    [
      contradicted.length > 0,
      'firewall-keep',
      `${who}: keep names ${contradicted.join(', ')}, which must be closed and is`,
    ],
    [
      host.others === 'close' && shared.length > 0,
      'firewall-edge-host',
      `${who}: the edge at ${shared[0] ?? ''} runs on this host and others: close is set; put the ports that it listens on into keep`,
    ],
  ]
  return found.filter(([applies]) => applies).map(([, feature, because]) => gap(feature, because))
}

const placeholder = `sha256:${'0'.repeat(64)}`

function render(model: HostModel): Rendered {
  const { host } = model
  const guarded = guardedPorts(model)
  const unnamed = printRuleset(rulesOf(model, guarded, placeholder))
  const generation = digestText(unnamed)
  const content = unnamed.split(placeholder).join(generation)
  return {
    target: {
      id: host.id,
      via: host.via,
      folder: null,
      files: [{ path: fileOf(host), mode: 0o644, content, order: 0, persist: 'confirm' }],
      test: [['nft', '-c', '-f', '{file}']],
      reload: [['nft', '-f', '{file}']],
      undo: [['nft', clear]],
      readLive: list,
      loadLive: [['nft', `${clear}; include "{file}"`]],
      proof: { kind: 'argv', argv: list, expect: generation },
      generation,
      parts: partsOf(model, guarded),
      start: null,
    },
    steps: [],
    gaps: gapsOf(model, guarded),
  }
}

export const nftables: FirewallPlane = { id: 'nftables', render, reads: async () => [] }
