/** Commands of stages that this version does not have: they say so instead of being unknown. */
import { LockgateError } from '@lockgate/model'
import type { Add } from '../command.ts'

const unbuilt = {
  pki: 'encrypt',
  policy: 'authorize',
  device: 'devices',
} as const

export function addUnbuilt(add: Add): void {
  for (const [name, stage] of Object.entries(unbuilt))
    add(
      `${name} [words...]`,
      `comes with the stage ${stage}, which this version does not have`,
      (command) => command.allowUnknownOption(),
      () => {
        throw new LockgateError(
          'LG1102',
          `\`lockgate ${name}\` comes with the stage ${stage}, which is not built in this version`,
        )
      },
    )
}
