/** Reads a backend's source for code that signs people in. */
import { resolve } from 'node:path'
import type { Backend, CodeRead } from '@lockgate/model'
import type { Workspace } from './workspace.ts'

/** null: lockgate.yaml declares no source. Rejects where the folder cannot be read. */
export async function readCode(
  { source }: Backend,
  { dir, signal, progress }: Pick<Workspace, 'dir' | 'signal' | 'progress'>,
): Promise<CodeRead | null> {
  if (source === null) return null
  const { scanCode } = await import('@lockgate/codemods')
  const { findings, files } = await scanCode(resolve(dir, source), {
    signal,
    progress: (seen, found) => progress(`${source}: ${seen} files seen, ${found} findings`),
  })
  return {
    findings: findings.map(({ file, line, kind, framework, certainty, method, path }) => ({
      file,
      line,
      kind,
      framework,
      certainty,
      method: method ?? null,
      path: path ?? null,
    })),
    files: files.parsed,
    failed: files.failed.map(({ file, because }) => `${file}: ${because}`),
  }
}
