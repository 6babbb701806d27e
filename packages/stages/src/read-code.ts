/** Reads a backend's source for code that signs people in. */
import { type Backend, type CodeRead, LockgateError } from '@lockgate/model'

/** null: lockgate.yaml declares no source. */
export async function readCode({ id, source }: Backend): Promise<CodeRead | null> {
  if (source === null) return null
  throw new LockgateError('LG1102', `${id}: this version cannot read the source ${source}`)
}
