/** Puts one target into effect: files, the engine's own test, reload, and the proof that the new generation answers. */
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LockgateError, type Proof, type Reach, type Target } from '@lockgate/model'
import { askGeneration } from './ask-generation.ts'
import type { FileChange, TargetChange } from './changes.ts'
import { must, stagedPath } from './host-transaction.ts'

/** Milliseconds within which the new generation must answer. */
const patience = 15_000
/** How often in a row: workers of the generation before may take a last connection or two. */
const rounds = 3

export async function putIntoEffect(change: TargetChange, folder: string, signal: AbortSignal): Promise<void> {
  const { target, reach, intent } = change
  signal.throwIfAborted()
  if (intent === 'remove') return takeOut(change)
  await stage(change, folder)
  const before = target.test.filter(isStaged)
  for (const argv of before) await runTest(reach, fill(argv, target, folder), target)
  await replaceFiles(change)
  for (const argv of target.test.filter((one) => !isStaged(one))) await runTest(reach, argv, target)
  signal.throwIfAborted()
  for (const argv of target.reload) await runReload(reach, fill(argv, target, folder), target)
  if (target.proof) await prove(reach, target.proof, target, signal)
}

const isStaged = (argv: readonly string[]): boolean =>
  argv.some((word) => word.includes('{dir}') || word.includes('{file}'))

function fill(argv: readonly string[], target: Target, folder: string): readonly string[] {
  const [first] = target.files
  const file = first ? stagedPath(folder, first, 0) : ''
  return argv.map((word) => word.replaceAll('{dir}', join(folder, 'new', 'tree')).replaceAll('{file}', file))
}

async function stage({ target, reach }: TargetChange, folder: string): Promise<void> {
  const needsTree = target.test.some((argv) => argv.some((word) => word.includes('{dir}')))
  for (const [index, file] of target.files.entries()) {
    if (file.persist === 'confirm') await reach.putFile(stagedPath(folder, file, index), file.content, file.mode)
    if (!needsTree || target.folder === null) continue
    const path = join(folder, 'new', 'tree', file.path.slice(target.folder.length))
    await reach.makeFolder(dirname(path), 0o700)
    await reach.putFile(path, file.content, file.mode)
  }
}

async function replaceFiles({ target, reach, files }: TargetChange): Promise<void> {
  if (target.folder !== null && (await reach.stat(target.folder))?.kind !== 'folder')
    throw new LockgateError(
      'LG3004',
      `${reach.label}: the folder ${target.folder} is not there. Create it and include it in the engine's main configuration, as the README shows`,
    )
  const inOrder = files
    .filter((one) => one.change !== 'same')
    .sort((a, b) => (a.after?.order ?? 99) - (b.after?.order ?? 99))
  for (const file of inOrder) await replaceFile(reach, target, file)
}

async function replaceFile(reach: Reach, target: Target, { path, after }: FileChange): Promise<void> {
  if (after === null) return reach.removeFile(path)
  if (after.persist === 'confirm') return
  if (dirname(path) !== target.folder) await reach.makeFolder(dirname(path), 0o755)
  await reach.putFile(path, after.content, after.mode)
}

async function takeOut({ target, reach, files }: TargetChange): Promise<void> {
  for (const file of files) await replaceFile(reach, target, file)
  for (const argv of target.undo) await must(reach, argv, 'LG3003', 'what Lockgate had put there cannot be taken out')
  if (target.readLive === null) for (const argv of target.reload) await runReload(reach, argv, target)
}

async function runTest(reach: Reach, argv: readonly string[], target: Target): Promise<void> {
  if (target.testMayBeMissing && (await reach.run([argv[0] as string, '--version'])).code === 127) return
  await must(
    reach,
    argv,
    'LG3005',
    `the engine's own test refused the configuration of ${target.id}, which was not loaded`,
  )
}

async function runReload(reach: Reach, argv: readonly string[], target: Target): Promise<void> {
  const start = target.start ? ` If the engine is down, start it: \`${target.start.join(' ')}\`` : ''
  try {
    await must(reach, argv, 'LG3003', `${target.id} did not reload`)
  } catch (cause) {
    const { code, message } = cause as LockgateError
    throw new LockgateError(code === 'LG3007' ? code : 'LG3006', `${message}.${start}`, { cause })
  }
}

async function prove(reach: Reach, proof: Proof, target: Target, signal: AbortSignal): Promise<void> {
  const end = Date.now() + patience
  let last = ''
  let held = 0
  while (Date.now() <= end) {
    const seen = await askOnce(reach, proof, signal)
    held = seen === '' ? held + 1 : 0
    if (held === rounds) return
    if (seen !== '') last = seen
    await sleep(seen === '' ? 50 : 200, undefined, { signal })
  }
  throw new LockgateError(
    'LG3006',
    [
      `${reach.label}: ${target.id} did not take the new configuration within ${patience / 1_000} s: ${last}`,
      ...startedBy(target),
    ].join('. '),
  )
}

const startedBy = ({ folder, start, beside }: Target): readonly string[] => [
  ...(start ? [`Is it running, and does it include ${folder}? It is started by \`${start.join(' ')}\``] : []),
  ...(beside ? [`Is the gateway beside it running? That is started by \`${beside.join(' ')}\``] : []),
]

/** Empty where the proof holds, otherwise what was seen instead. */
async function askOnce(reach: Reach, proof: Proof, signal: AbortSignal): Promise<string> {
  if (proof.kind === 'argv') {
    const result = await reach.run(proof.argv, { signal })
    return result.code === 0 && result.stdout.includes(proof.expect)
      ? ''
      : `\`${proof.argv.join(' ')}\` does not show ${proof.expect}`
  }
  for (const url of proof.urls) {
    const answer = await askGeneration(reach, url, proof.host, signal)
    if (answer !== proof.expect) return `${url} answered ${answer}`
  }
  return ''
}
