/** The file half of a Reach by programs of the host: POSIX ones and coreutils, GNU's or busybox's. */
import { dirname, join } from 'node:path'
import { type FileStat, LockgateError } from '@lockgate/model'
import { errnoOf, fileError } from '../file-error.ts'
import { besideName, checkedPath, checkedRemoval, type FileReach } from '../local-files.ts'
import type { RawResult } from '../run-process.ts'

export interface CommandStep {
  readonly argv: readonly string[]
  /** This one reads the input; the others read nothing. */
  readonly input?: boolean
}

/** Runs the steps one after the other, as one line, until one fails. */
export type StepRun = (steps: readonly CommandStep[], input?: string | Uint8Array) => Promise<RawResult>

const fileTypes: Readonly<Record<number, FileStat['kind']>> = { 32768: 'file', 16384: 'folder' }

/** `stat -c '%f %u'`: the raw mode in hexadecimal, and the owner. */
export function parseStat(text: string): FileStat | null {
  const match = /^([0-9a-f]+) (\d+)\s*$/.exec(text)
  if (!match) return null
  const raw = Number.parseInt(match[1] as string, 16)
  return { kind: fileTypes[raw & 0xf000] ?? 'other', mode: raw & 0o7777, uid: Number(match[2]) }
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

/** Empty, new and the owner's alone before anything is in it; not every busybox has install(1). */
const createPrivate = 'set -C; umask 077; : >"$1"'

function putSteps(path: string, beside: string, mode: number): readonly CommandStep[] {
  return [
    { argv: ['sh', '-c', createPrivate, 'sh', beside] },
    { argv: ['dd', `of=${beside}`, 'conv=fsync', 'status=none'], input: true },
    { argv: ['chmod', octal(mode), beside] },
    { argv: ['mv', '-fT', beside, path] },
    { argv: ['sync', dirname(path)] },
  ]
}

/** What a shell, env(1) or sudo ends with where the program is not there; what they say reads like a missing file. */
const isNoProgram = (result: RawResult): boolean => result.code === 127

function failed(label: string, verb: string, path: string, result: RawResult): LockgateError {
  const said = result.stderr.toString('utf8').trim() || `the program ended with ${result.code}`
  const code = errnoOf(said)
  const cause = Object.assign(new Error(said), code === null ? {} : { code })
  if (isNoProgram(result))
    return new LockgateError('LG3007', `${label}: cannot ${verb} ${path}: a program is not there (${said}); install it`)
  return fileError(label, verb, path, result.timedOut ? new Error('no answer in time') : cause)
}

export function commandFiles(label: string, run: StepRun): FileReach {
  const one = (argv: readonly string[]): Promise<RawResult> => run([{ argv }])
  const must = async (verb: string, path: string, argv: readonly string[]): Promise<void> => {
    const result = await one([...argv, checkedPath(label, path)])
    if (result.code !== 0) throw failed(label, verb, path, result)
  }
  const orNull = async (verb: string, path: string, argv: readonly string[]): Promise<Buffer | null> => {
    checkedPath(label, path)
    const result = await one(argv)
    if (result.code === 0) return result.stdout
    const errno = isNoProgram(result) ? null : errnoOf(result.stderr.toString('utf8'))
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return null
    throw failed(label, verb, path, result)
  }
  return {
    readFile: (path) => orNull('read', path, ['cat', path]),
    async stat(path) {
      const text = (await orNull('look at', path, ['stat', '-L', '-c', '%f %u', path]))?.toString('utf8')
      if (text === undefined) return null
      const found = parseStat(text)
      if (found) return found
      throw new LockgateError('LG3004', `${label}: stat(1) says of ${path} what cannot be read: ${text.slice(0, 200)}`)
    },
    async listFolder(path) {
      const argv = ['find', `${path}/.`, '-mindepth', '1', '-maxdepth', '1', '-print0']
      const text = await orNull('list', path, argv)
      if (text === null) return null
      const names = text.toString('utf8').split('\0').filter(Boolean)
      return names.map((name) => name.slice(path.length + 3)).sort()
    },
    async putFile(path, content, mode) {
      const folder = dirname(checkedPath(label, path))
      const beside = join(folder, besideName(path.slice(folder.length).replace(/^\//, '')))
      const result = await run(putSteps(path, beside, mode), content)
      if (result.code === 0) return
      await one(['rm', '-f', beside])
      throw failed(label, 'write', path, result)
    },
    removeFile: (path) => must('remove', path, ['rm', '-f']),
    makeFolder: (path, mode) => must('create', path, ['mkdir', '-p', '-m', octal(mode)]),
    removeFolder: async (path) => must('remove', checkedRemoval(label, path), ['rm', '-rf']),
  }
}
