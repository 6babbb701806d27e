/** Ports that a host hands on by address translation, out of its rules and its container runtimes. Pure. */

export type Published = {
  /** First and last port, as users see it. */
  readonly from: number
  readonly to: number
  /** Where it leads, as far as the rule says. */
  readonly leads: string
  /** Where that is written, such as `nft table ip nat`. */
  readonly by: string
}

export interface PublishedRead {
  readonly published: readonly Published[]
  /** Rules that translate addresses in a way that could not be read. */
  readonly unread: readonly string[]
}

type Tree = { readonly [key: string]: unknown }

const asTree = (value: unknown): Tree | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : null
const isPort = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < 65_536

/** `80`, `{set: [80, {range: [90, 99]}]}`, `{range: [90, 99]}`; null for anything else, such as a named set. */
function portsOf(value: unknown): readonly (readonly [number, number])[] | null {
  if (isPort(value)) return [[value, value]]
  const range = asTree(value)?.range
  if (Array.isArray(range) && isPort(range[0]) && isPort(range[1])) return [[range[0], range[1]]]
  const set = asTree(value)?.set
  const members = Array.isArray(set) ? set.map((one) => portsOf(Array.isArray(one) ? one[0] : one)) : null
  return members?.every((one) => one !== null) ? members.flat() : null
}

const isTcpPort = (left: unknown) => {
  const payload = asTree(asTree(left)?.payload)
  return payload?.field === 'dport' && payload.protocol !== 'udp'
}

/** Ports that a rule's matches let through; a map from ports to addresses names them itself. */
function rulePorts(statements: readonly Tree[], target: Tree): readonly (readonly [number, number])[] | null {
  const map = asTree(asTree(target.addr)?.map) ?? asTree(asTree(target.port)?.map)
  if (map) return portsOf(map.data)
  const match = statements.map((one) => asTree(one.match)).find((one) => one && isTcpPort(one.left))
  if (!match) return [[1, 65_535]]
  return match.op === '==' ? portsOf(match.right) : null
}

const onlyUdp = (statements: readonly Tree[]) =>
  statements.some((one) => {
    const match = asTree(one.match)
    const payload = asTree(asTree(match?.left)?.payload)
    return (payload?.protocol === 'udp' && payload.field === 'dport') || match?.right === 'udp'
  })

const leadsTo = (target: Tree) =>
  [target.addr, target.port]
    .map((one) => (one === undefined ? '' : typeof one === 'object' ? 'a map' : String(one)))
    .join(' port ')
    .replace(/^ port /, 'port ')
    .replace(/ port $/, '')

function readRule(rule: Tree): PublishedRead {
  const statements = (Array.isArray(rule.expr) ? rule.expr : []).map(asTree).filter((one) => one !== null)
  const by = `nft table ${rule.family} ${rule.table}`
  const translating = statements.find((one) => 'dnat' in one || 'redirect' in one)
  const opaque = statements.some((one) => /^(?:DNAT|REDIRECT)$/.test(String(asTree(one.xt)?.name)))
  if (opaque) return { published: [], unread: [`${by} chain ${rule.chain}`] }
  if (!translating || onlyUdp(statements)) return { published: [], unread: [] }
  const target = asTree(translating.dnat) ?? asTree(translating.redirect) ?? {}
  const ports = rulePorts(statements, target)
  if (ports === null)
    return { published: [], unread: [`${by} chain ${rule.chain}: ports of a set that is not spelled out`] }
  return { published: ports.map(([from, to]) => ({ from, to, leads: leadsTo(target), by })), unread: [] }
}

const joined = (parts: readonly PublishedRead[]): PublishedRead => ({
  published: parts.flatMap((one) => one.published),
  unread: parts.flatMap((one) => one.unread),
})

/** Standard output of `nft -j list ruleset`. Throws where it is no JSON. */
export function publishedByNft(output: string): PublishedRead {
  const { nftables } = JSON.parse(output) as { nftables: readonly Tree[] }
  return joined(nftables.flatMap((one) => (asTree(one.rule) ? [readRule(one.rule as Tree)] : [])))
}

/** Standard output of `iptables-save` or `ip6tables-save`. */
export function publishedByIptables(output: string, by: string): PublishedRead {
  const rules = output
    .split('\n')
    .filter((line) => /^-A .*-j (?:DNAT|REDIRECT)\b/.test(line) && !/ -p udp\b/.test(line))
  return joined(
    rules.map((line) => {
      const leads = / --to-(?:destination|ports) (\S+)/.exec(line)?.[1] ?? 'this host'
      const ports = /(?<!! )--dports? (\S+)/.exec(line)?.[1] ?? '1:65535'
      const ranges = ports.split(',').map((one) => one.split(':').map(Number))
      const published = ranges.map((range) => ({ from: range[0] as number, to: range.at(-1) as number, leads, by }))
      return published.every((one) => isPort(one.from) && isPort(one.to))
        ? { published, unread: [] }
        : { published: [], unread: [`${by}: ${line.slice(0, 200)}`] }
    }),
  )
}

/** Standard output of `docker ps --format '{{.Names}}\t{{.Ports}}'`, and Podman's. */
export function publishedByRuntime(output: string, by: string): PublishedRead {
  const lines = output.split('\n').filter((line) => line.includes('\t'))
  const published = lines.flatMap((line) => {
    const [name = '', ports = ''] = line.split('\t')
    return ports.split(',').flatMap((one) => {
      const match = /:(\d+)(?:-(\d+))?->(\d+)(?:-\d+)?\/tcp/.exec(one)
      if (!match) return []
      return [{ from: Number(match[1]), to: Number(match[2] ?? match[1]), leads: `port ${match[3]} of ${name}`, by }]
    })
  })
  return { published, unread: [] }
}
