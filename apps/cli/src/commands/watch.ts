/** `lockgate watch`. */
import { spawn } from 'node:child_process'
import { watch } from '@lockgate/stages'
import type { Add } from '../command.ts'
import { sayVerify } from '../say.ts'

export function addWatch(add: Add): void {
  add<{ once?: boolean }>(
    'watch',
    'verify on a schedule, serve metrics, alert when a gate changes',
    (command) => command.option('--once', 'one round, then end'),
    async (context, _args, { once }) =>
      context.withWorkspace(async (workspace) => {
        const results = await watch(workspace, {
          alert: (argv, change) => runAlert(argv, change, workspace.dir),
          ...(once ? { rounds: 1 } : {}),
          onRound: (round) => {
            context.out.answer({ stages: round })
            for (const result of round) sayVerify(context.out, result)
          },
        })
        return results.every((one) => one.gate === 'open') ? 0 : 1
      }),
  )
}

/** Milliseconds that an alert command may take. */
const patience = 30_000

function runAlert(argv: readonly string[], change: string, cwd: string): Promise<void> {
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['pipe', 'ignore', 'inherit'], timeout: patience })
    child.on('error', (cause) => {
      process.stderr.write(`watch.alert ${program} did not run: ${cause.message}\n`)
      resolve()
    })
    child.on('close', (code) => {
      if (code !== 0) process.stderr.write(`watch.alert ${program} ended with ${code}\n`)
      resolve()
    })
    child.stdin.on('error', () => {})
    child.stdin.end(change)
  })
}
