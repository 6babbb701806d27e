/** What the backend's Kubernetes manifests open beside the edge. */
import type { Backend, Check, HostIo, Io, Reach } from '@lockgate/model'
import { isLoopback } from '../address.ts'
import { type Looked, look } from '../interrupt.ts'
import { kubernetesOpenings } from '../kubernetes-openings.ts'
import { segmentation } from '../mapping.ts'
import { skip, verdictOf } from '../verdict.ts'

export type KubernetesSideFacts = {
  readonly folders: readonly {
    readonly host: string
    readonly folder: string
    readonly files: number
    readonly openings: readonly { readonly file: string; readonly object: string; readonly opens: string }[]
    readonly unseen: readonly string[]
  }[]
}

const deepest = 5

async function manifestsBelow(reach: Reach, folder: string, depth = 0): Promise<readonly string[]> {
  if (depth > deepest) throw new Error(`${folder} lies deeper than ${deepest} folders`)
  const names = await reach.listFolder(folder)
  if (names === null) throw new Error(`there is no folder ${folder}`)
  const parts = await Promise.all(
    names.map(async (name) => {
      const path = `${folder.replace(/\/$/, '')}/${name}`
      const stat = await reach.stat(path)
      if (stat?.kind === 'folder') return manifestsBelow(reach, path, depth + 1)
      return /\.(?:ya?ml|json)$/.test(name) ? [path] : []
    }),
  )
  return parts.flat()
}

async function readManifest(path: string, one: HostIo, backend: Backend, io: Io) {
  return look(io, async () => {
    const content = await one.reach.readFile(path)
    if (content === null) throw new Error(`${path} is gone`)
    const { host, port } = backend.upstream
    const addresses = one.host.addresses.filter((address) => !isLoopback(address))
    return kubernetesOpenings(content.toString('utf8'), path, { host, port, addresses })
  })
}

async function readFolder(one: HostIo, folder: string, backend: Backend, io: Io) {
  const paths: Looked<readonly string[]> = await look(io, () => manifestsBelow(one.reach, folder))
  const place = { host: one.host.id, folder }
  if ('unseen' in paths)
    return { ...place, files: 0, openings: [], unseen: [`${folder} of ${one.host.id}: ${paths.unseen}`] }
  const reads = await Promise.all(paths.seen.map((path) => readManifest(path, one, backend, io)))
  return {
    ...place,
    files: paths.seen.length,
    openings: reads.flatMap((each) => ('seen' in each ? each.seen.map((opening) => ({ ...opening })) : [])),
    unseen: reads.flatMap((each) => ('unseen' in each ? [each.unseen] : [])),
  }
}

export const kubernetesSide: Check<KubernetesSideFacts> = {
  id: 'consolidate.kubernetes-side',
  title: 'No Service or pod of the backend is opened to users beside the edge',
  severity: 'blocker',
  per: 'backend',
  maps: segmentation,
  fix: 'consolidate.md#kubernetes-side',
  skips: ['not-kubernetes'],
  async probe(backend, io) {
    const folders = io.hosts.flatMap((one) =>
      'kubernetes' in one.host.firewall ? [readFolder(one, one.host.firewall.kubernetes, backend, io)] : [],
    )
    return { folders: await Promise.all(folders) }
  },
  judge({ folders }, backend) {
    if (folders.length === 0) return skip('not-kubernetes', `no host of ${backend.id} has firewall: {kubernetes: DIR}`)
    const empty = folders.filter((one) => one.files === 0 && one.unseen.length === 0)
    return verdictOf(
      folders.flatMap((one) => one.openings.map((each) => `${each.object} ${each.opens} (${each.file})`)),
      [
        ...folders.flatMap((one) => one.unseen),
        ...empty.map((one) => `${one.folder} of ${one.host} has no manifests to read`),
      ],
    )
  },
}
