/** The digest that a folder's files show when they are live: of the files themselves, with a placeholder where it stands. */
import { digest, digestText, type RenderedFile } from '@lockgate/model'

const placeholder = `sha256:${'0'.repeat(64)}`

/** A file that is the same in every generation. */
export interface FixedFile {
  readonly file: RenderedFile
  readonly digest: string
}

export const fixed = (file: RenderedFile): FixedFile => ({ file, digest: digestText(file.content) })

/** `render` gives the files that show the generation; each content is hashed once. */
export function withGeneration(
  render: (generation: string) => readonly RenderedFile[],
  others: readonly FixedFile[],
): { readonly generation: string; readonly files: readonly RenderedFile[] } {
  const all = [...render(placeholder).map(fixed), ...others]
  const generation = digest(all.map((one) => [one.file.path, one.digest]))
  return { generation, files: [...render(generation), ...others.map((one) => one.file)] }
}
