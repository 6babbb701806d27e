/** Faults of the small company, each with the way back. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend, Io, Route, RoutesRead } from '@lockgate/model'
import { type BackendOptions, type Company, type EdgeOptions, upstream } from './company.ts'
import { addressOf } from './namespaces.ts'

/** How the surroundings of one probe differ from the closed company's. */
export interface Surroundings {
  readonly backend?: Partial<Backend>
  readonly io?: Partial<Io>
  readonly after?: () => Promise<void> | void
}
export type Fault = (company: Company) => Promise<Surroundings> | Surroundings

export const vantageDown: Fault = ({ down }) => ({ io: { at: down, vantages: [down] } })

export const hostDown: Fault = ({ io, down: { reach } }) => ({
  io: { hosts: io.hosts.map((one) => ({ ...one, reach })) },
})

export const firewallOpen: Fault = (company) => {
  company.open()
  return { after: () => company.shut() }
}

export const vantageCutOff: Fault = ({ network }) => {
  const rules = 'table inet cut { chain f { type filter hook forward priority 0; policy drop; }\n}\n'
  network.run('router', ['nft', '-f', '-'], rules)
  return { after: () => void network.run('router', ['nft', 'flush', 'ruleset']) }
}

/** A vantage without IPv6. */
export const kiosk: Fault = async (company) => ({ io: { at: await company.vantage('kiosk', 'plain') } })

export const scannerOnEdge: Fault = async (company) => ({
  io: { vantages: [...company.io.vantages, await company.vantage('scanner', 'edge')] },
})

export const noUsers: Fault = async (company) => ({
  io: { vantages: [await company.vantage('lab', 'users', 'peers')] },
})

export const alsoListens =
  (host: string, port: number, place: 'host' | 'plain' = 'host'): Fault =>
  async (company) => {
    const child = await company.startBackend({ listen: [{ host, port }], log: null, place })
    return { after: () => company.network.stop(child) }
  }

export const backendInstead =
  (options: BackendOptions): Fault =>
  async (company) => {
    await company.runBackend(options)
    return { after: () => company.runBackend({}) }
  }

export const edgeInstead =
  (options: EdgeOptions | null): Fault =>
  async (company) => {
    await company.runEdge(options)
    return { after: () => company.runEdge({}) }
  }

/** A proxy of former days that still runs beside the edge's engine. */
export const besideEdge =
  (port: number): Fault =>
  async (company) => {
    const child = await company.startEdge({ port, others: 'handed-on' })
    return { after: () => company.network.stop(child) }
  }

/** The machine without IPv6 as the backend's host and upstream. */
export const hostWithoutIpv6: Fault = async (company) => {
  const [first] = company.io.hosts
  const { reach } = await company.vantage('plain', 'plain')
  const hosts = first ? [{ host: { ...first.host, id: 'host:plain', addresses: [addressOf('plain')] }, reach }] : []
  const upstream = {
    ...company.backend.upstream,
    host: addressOf('plain'),
    origin: `http://${addressOf('plain')}:8080`,
  }
  return { io: { hosts }, backend: { upstream, hosts: hosts.map((one) => one.host) } }
}

/** As Docker does for `-p 18080:PORT`. */
export const published =
  (to: number): Fault =>
  async (company) => {
    const { network } = company
    const child = await company.startBackend({ listen: [{ host: upstream.host, port: 8090 }], log: null })
    const chain = 'type nat hook prerouting priority -100;'
    network.run(
      'host',
      ['nft', '-f', '-'],
      `table ip nat { chain pre { ${chain} tcp dport 18080 dnat to ${upstream.host}:${to}\n}\n}\n`,
    )
    return {
      after: async () => {
        company.shut()
        await network.stop(child)
      },
    }
  }

export const manifests =
  (files: Readonly<Record<string, string>>): Fault =>
  ({ network, io }) => {
    const folder = join(network.folder, `manifests-${Object.keys(files).join('-')}`)
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const hosts = io.hosts.map((one) => ({ ...one, host: { ...one.host, firewall: { kubernetes: folder } } }))
    return { io: { hosts }, backend: { hosts: hosts.map((one) => one.host) } }
  }

export const serviceManifest = (type: string): string =>
  `apiVersion: v1
kind: Service
metadata: { name: payroll }
spec:
  type: ${type}
  ports: [{ port: 80, targetPort: 8080 }]
`

export const routeTo = (name: string, line: number): Route => ({
  name,
  listen: ['*:80'],
  path: '/',
  upstreams: [`http://${upstream.host}:${upstream.port}`],
  file: '/etc/lockgate/sites.conf',
  line,
})

export const routes =
  (read: RoutesRead): Fault =>
  ({ io }) => {
    const edge = { ...io.edge, routes: async () => read }
    return { io: { edge, edges: [edge] } }
  }

export const both =
  (first: Fault, second: Fault): Fault =>
  async (company) => {
    const [one, two] = [await first(company), await second(company)]
    return {
      backend: { ...one.backend, ...two.backend },
      io: { ...one.io, ...two.io },
      after: async () => {
        await two.after?.()
        await one.after?.()
      },
    }
  }

const formerly = ['payroll-old.test']

export const oldName =
  (records: Readonly<Record<string, string>>): Fault =>
  async (company) => {
    const child = await company.startDns(records)
    return {
      io: { resolvers: [addressOf('edge')] },
      backend: { formerly },
      after: () => company.network.stop(child),
    }
  }

/** No resolver but what the users' machines have, a hosts file among it. */
export const hostsFileSays =
  (lines: string): Fault =>
  ({ network }) => {
    network.hostsFile('users', lines)
    return { backend: { formerly }, after: () => network.hostsFile('users', '') }
  }

/** Somebody among the users asks the backend itself while it is open. */
export const stranger: Fault = async (company) => {
  company.open()
  const url = `http://${upstream.host}:${upstream.port}/salaries`
  company.network.run('users', [process.execPath, '-e', `fetch('${url}').then((answer) => answer.text())`])
  company.shut()
  return { io: { liveSince: new Date(Date.now() - 30_000) } }
}

export const logIs =
  (name: string | null, content?: string): Fault =>
  ({ network }) => {
    const path = name === null ? null : join(network.folder, name)
    if (path !== null && content !== undefined) writeFileSync(path, content)
    return { backend: { accessLog: path } }
  }
