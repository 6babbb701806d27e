/** `lockgate doctor`: asks every host for what a stage will need of it: engines, tools, permissions, clocks, vantage points. */
import { type Edge, type Reach, type Via, wavesOf } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { viaKey, viaLabel } from '@lockgate/reach'
import { examineIdp } from './examine-idp.ts'
import type { Finding } from './finding.ts'
import { openSurroundings } from './surroundings.ts'
import type { Workspace } from './workspace.ts'

/** Seconds by which clocks may differ. */
const clockTolerance = 30

export async function examine(workspace: Workspace): Promise<readonly Finding[]> {
  const { settings, pool } = workspace
  const findings: Finding[] = []
  const hosts = new Map<string, Via>()
  for (const one of [...settings.edges, ...settings.backends.flatMap((backend) => backend.hosts)])
    hosts.set(viaKey(one.via), one.via)
  for (const via of hosts.values()) {
    const got = await pool.tryGet(via)
    if ('failed' in got) findings.push({ subject: viaLabel(via), ok: false, text: got.failed.message })
    else findings.push(...(await examineHost(got.reach, workspace)))
  }
  for (const edge of settings.edges) findings.push(...(await examineEdge(workspace, edge)))
  for (const backend of settings.backends)
    for (const host of backend.hosts)
      if ('nftables' in host.firewall) findings.push(await examineTool(workspace, host.via, ['nft', '--version']))
  findings.push(...(await examineVantages(workspace)), ...(await examineIdp(workspace)))
  findings.push({ subject: 'waves', ok: true, text: wavesOf(settings.backends).join(', ') || 'none' })
  return dedupe(findings)
}

const dedupe = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((one) => [`${one.subject} ${one.text}`, one])).values(),
]

async function examineHost(reach: Reach, workspace: Workspace): Promise<readonly Finding[]> {
  if (!reach.live)
    return [{ subject: reach.label, ok: true, text: 'a folder: files are written there, nothing is run' }]
  const clock = await reach.run(['date', '+%s'])
  const away = Math.abs(Number(clock.stdout) - workspace.now().getTime() / 1_000)
  const who = await reach.run(['id', '-u'])
  return [
    { subject: reach.label, ok: away <= clockTolerance, text: `its clock differs by ${Math.round(away)} s` },
    {
      subject: reach.label,
      ok: who.stdout.trim() === '0',
      text:
        who.stdout.trim() === '0' ? 'runs as root' : 'does not run as root; rules cannot be loaded (sudo: true helps)',
    },
  ]
}

async function examineEdge(workspace: Workspace, edge: Edge): Promise<readonly Finding[]> {
  const subject = `edge ${edge.id}`
  const got = await workspace.pool.tryGet(edge.via)
  if ('failed' in got) return []
  const folder = await got.reach.stat(edge.config)
  const findings: Finding[] = [
    {
      subject,
      ok: folder?.kind === 'folder',
      text:
        folder?.kind === 'folder' ? `${edge.config} is there` : `${edge.config} is not there; create it and include it`,
    },
  ]
  const { versionArgv, readVersion } = planes[edge.plane]
  if (!versionArgv || !got.reach.live) return findings
  const result = await got.reach.run(versionArgv)
  const version = readVersion(result.stdout + result.stderr)
  return [
    ...findings,
    {
      subject,
      ok: version !== null,
      text:
        version === null
          ? `\`${versionArgv.join(' ')}\` does not run: ${result.stderr.trim()}`
          : `${edge.plane} ${version}`,
    },
  ]
}

async function examineTool(workspace: Workspace, via: Via, argv: readonly string[]): Promise<Finding> {
  const got = await workspace.pool.tryGet(via)
  if ('failed' in got || !got.reach.live)
    return { subject: viaLabel(via), ok: true, text: 'no rules are loaded there by Lockgate' }
  const result = await got.reach.run(argv)
  return {
    subject: viaLabel(via),
    ok: result.code === 0,
    text: result.code === 0 ? result.stdout.trim() : `${argv[0]} is not there: install it`,
  }
}

async function examineVantages(workspace: Workspace): Promise<readonly Finding[]> {
  const surroundings = await openSurroundings(workspace, {})
  const users = surroundings.vantages.some((one) => one.vantage.stands === 'users')
  return [
    ...[...surroundings.down].map(([id, because]) => ({ subject: `vantage ${id}`, ok: false, text: because })),
    ...surroundings.demoted.map((id) => ({
      subject: `vantage ${id}`,
      ok: false,
      text: 'stands on the network of the proxy itself, so it counts as proxy',
    })),
    ...surroundings.vantages
      .filter((one) => !surroundings.down.has(one.vantage.id))
      .map(({ vantage, reach }) => ({
        subject: `vantage ${vantage.id}`,
        ok: true,
        text: `stands with ${vantage.stands}, by ${reach.label}`,
      })),
    {
      subject: 'vantages',
      ok: users,
      text: users ? 'at least one stands where users are' : 'none stands where users are',
    },
  ]
}
