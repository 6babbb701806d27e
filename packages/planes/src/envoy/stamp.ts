/** Puts the generation into files that were printed with a placeholder: printing large ones twice would double the time. */
import { digest, generationHost, type RenderedFile } from '@lockgate/model'

/** What files are printed with. */
export const placeholder = `sha256:${'0'.repeat(64)}`

export function stamp(files: readonly RenderedFile[]): {
  readonly generation: string
  readonly files: readonly RenderedFile[]
} {
  const generation = digest(files.map((one) => [one.path, digest(Buffer.from(one.content))]))
  const stamped = (text: string) =>
    text.replaceAll(placeholder, generation).replaceAll(generationHost(placeholder), generationHost(generation))
  return { generation, files: files.map((one) => ({ ...one, content: stamped(one.content) })) }
}
