/** The operator's own session, kept in `.lockgate/session.json` by `lockgate login`. */
import { join } from 'node:path'
import { LockgateError, type OperatorSession, operatorAnswer } from '@lockgate/model'
import { readIfThere, writeWhole } from './whole-file.ts'

const fileOf = (stateFolder: string) => join(stateFolder, 'session.json')

/** Readable by its owner alone. Throws LG3009. */
export const saveSession = (stateFolder: string, session: OperatorSession): Promise<void> =>
  writeWhole(fileOf(stateFolder), `${JSON.stringify(session)}\n`)

/** null where there is none or it has ended. Throws LG3103 for a file that is none. */
export async function readSession(stateFolder: string, now: Date): Promise<OperatorSession | null> {
  const file = fileOf(stateFolder)
  const text = await readIfThere(file)
  if (text === null) return null
  const parsed = operatorAnswer.safeParse(parseJson(text))
  if (!parsed.success)
    throw new LockgateError('LG3103', `${file} is not what \`lockgate login\` writes; remove it and sign in again`)
  return parsed.data.session.endsAt > now.getTime() ? parsed.data : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
