/** IP addresses of a host's interfaces, without loopback and link-local ones. */
import type { NetworkInterfaceInfo } from 'node:os'

export const ipArgv = ['ip', '-j', 'addr'] as const

const notGlobal = /^(?:127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/i

function globalAddresses(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.filter((address) => !notGlobal.test(address)))].sort()
}

/** From the answer of `ip -j addr`; null where it is not that. */
export function addressesOfIp(json: string): readonly string[] | null {
  try {
    const links = JSON.parse(json) as readonly { addr_info?: readonly { local?: string; scope?: string }[] }[]
    return globalAddresses(links.flatMap((link) => (link.addr_info ?? []).flatMap((info) => info.local ?? [])))
  } catch {
    return null
  }
}

export function addressesOfNode(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly string[] {
  return globalAddresses(Object.values(interfaces).flatMap((infos) => (infos ?? []).map((info) => info.address)))
}
