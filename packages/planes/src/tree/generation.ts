/** The digest that a folder's files show when they are live: of the files themselves, with a placeholder where it stands. */
import { digest, type RenderedFile } from '@lockgate/model'

const placeholder = `sha256:${'0'.repeat(64)}`

export function withGeneration(render: (generation: string) => readonly RenderedFile[]): {
  readonly generation: string
  readonly files: readonly RenderedFile[]
} {
  const generation = digest(render(placeholder).map((file) => [file.path, file.content]))
  return { generation, files: render(generation) }
}
