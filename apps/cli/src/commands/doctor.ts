/** `lockgate doctor`. */
import { examine } from '@lockgate/stages'
import pc from 'picocolors'
import type { Add } from '../command.ts'

export function addDoctor(add: Add): void {
  add(
    'doctor',
    'engines, versions, permissions, clocks, vantage points, the identity provider',
    (command) => command,
    async (context) =>
      context.withWorkspace(async (workspace) => {
        const findings = await examine(workspace)
        context.out.answer({ findings })
        for (const { subject, ok, text } of findings)
          context.out.say(`${ok ? pc.green('✓') : pc.red('✗')} ${subject}: ${text}`)
        return findings.every((one) => one.ok) ? 0 : 1
      }),
  )
}
