/** `lockgate plan consolidate` for 100, 1,000 and 10,000 backends into folders: whole process, wall and CPU seconds and peak memory. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const goalSeconds = 3
const goalMegabytes = 400
const rounds = 3

const configuration = (count: number): object => ({
  version: 1,
  edges: [
    {
      id: 'front',
      plane: 'nginx',
      via: { files: './edge' },
      addresses: ['10.0.0.2'],
      listen: ['http://10.0.0.2:80'],
      config: '/etc/nginx/lockgate',
    },
  ],
  backends: Array.from({ length: count }, (_, index) => {
    const address = `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`
    return {
      id: `app-${index}`,
      edge: 'front',
      public: `http://app-${index}.acme.test`,
      upstream: `http://${address}:8080`,
      host: {
        via: { files: `./hosts/${index}` },
        addresses: [address],
        firewall: { nftables: '/etc/nftables.d/lockgate.nft' },
      },
      health: '/healthz',
      owner: 'team@acme.test',
    }
  }),
  vantages: [{ id: 'office', stands: 'users', via: 'local' }],
})

interface Run {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly megabytes: number
}

function plan(folder: string): Run {
  const node = join(root, 'node_modules/.bin/node')
  const preload = `data:text/javascript,process.on('exit',()=>{const {maxRSS,userCPUTime,systemCPUTime}=process.resourceUsage();process.stderr.write('peak '+maxRSS+' cpu '+(userCPUTime+systemCPUTime)+'\\n')})`
  // This flag and the cache as ./lockgate has them.
  const argv = [
    '--max-semi-space-size=8',
    '--conditions=source',
    '--import',
    preload,
    join(root, 'apps/cli/src/main.ts'),
  ]
  const begun = performance.now()
  const ran = spawnSync(node, [...argv, 'plan', 'consolidate', '--json', '--quiet', '--dir', folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/lockgate') },
  })
  const seconds = (performance.now() - begun) / 1_000
  if (ran.status !== 0) throw new Error(`plan ended with ${ran.status}: ${ran.stderr.slice(-2_000)}`)
  const [, peak, cpu] = /peak (\d+) cpu (\d+)/.exec(ran.stderr) ?? []
  return { seconds, cpuSeconds: Number(cpu) / 1_000_000, megabytes: Number(peak) / 1_024 }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number
const rounded = (value: number): number => Number(value.toFixed(3))

for (const count of [100, 1_000, 10_000]) {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-plan-'))
  try {
    writeFileSync(join(folder, 'lockgate.yaml'), JSON.stringify(configuration(count)))
    const runs = Array.from({ length: rounds }, () => plan(folder))
    const seconds = median(runs.map((one) => one.seconds))
    const megabytes = median(runs.map((one) => one.megabytes))
    const line = (name: string, ours: number, goal: number, unit: string) =>
      process.stdout.write(
        `${JSON.stringify({ name, ours: rounded(ours), peer: null, goal, ratio: rounded(goal / ours), unit })}\n`,
      )
    line(`plan ${count} backends, wall`, seconds, goalSeconds, 's')
    line(`plan ${count} backends, CPU`, median(runs.map((one) => one.cpuSeconds)), goalSeconds, 's')
    line(`plan ${count} backends, peak memory`, megabytes, goalMegabytes, 'MB')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
