/** `scanCode` against a plain ts-morph scan of the same tree: whole processes in alternation, CPU seconds and peak memory. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeCodeTree } from './code-tree.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const count = Number(process.argv[2] ?? 10_000)
const goalRatio = 10
const goalMegabytes = 500
const rounds = 3

interface Run {
  readonly seconds: number
  readonly megabytes: number
  readonly output: string
}

const ours = `const { scanCode } = await import('@lockgate/codemods'); const { findings } = await scanCode(process.argv[1]); console.log(findings.filter((one) => one.kind === 'login-route').length)`

function run(args: readonly string[]): Run {
  const report = `data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();process.stderr.write('used '+(u.userCPUTime+u.systemCPUTime)/1e6+' '+u.maxRSS/1024+'\\n')})`
  const ran = spawnSync(process.execPath, ['--conditions=source', '--import', report, ...args], {
    cwd: here,
    encoding: 'utf8',
  })
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}: ${ran.stderr.slice(-2_000)}`)
  const [, seconds, megabytes] = /used ([\d.]+) ([\d.]+)/.exec(ran.stderr) ?? []
  return { seconds: Number(seconds), megabytes: Number(megabytes), output: ran.stdout.trim() }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number
const rounded = (value: number): number => Number(value.toFixed(3))

const folder = mkdtempSync(join(tmpdir(), 'lockgate-code-'))
try {
  const logins = writeCodeTree(folder, count)
  const pairs = Array.from({ length: rounds }, () => ({
    ours: run(['--input-type=module', '-e', ours, folder]),
    peer: run([join(here, 'peers/ts-morph-scan.ts'), folder]),
  }))
  for (const pair of pairs)
    if (Number(pair.ours.output) !== logins) throw new Error(`${logins} logins, found ${pair.ours.output}`)
  const seconds = {
    ours: median(pairs.map((one) => one.ours.seconds)),
    peer: median(pairs.map((one) => one.peer.seconds)),
  }
  const megabytes = {
    ours: median(pairs.map((one) => one.ours.megabytes)),
    peer: median(pairs.map((one) => one.peer.megabytes)),
  }
  const line = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`)
  line({
    name: `code scan, ${count} files, CPU`,
    ours: rounded(seconds.ours),
    peer: rounded(seconds.peer),
    goal: goalRatio,
    ratio: rounded(seconds.peer / seconds.ours),
    unit: 's',
  })
  line({
    name: `code scan, ${count} files, peak memory`,
    ours: rounded(megabytes.ours),
    peer: rounded(megabytes.peer),
    goal: goalMegabytes,
    ratio: rounded(goalMegabytes / megabytes.ours),
    unit: 'MB',
  })
} finally {
  rmSync(folder, { recursive: true })
}
