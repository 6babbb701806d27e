/** `lockgate demo`: the demo company walks all stages that exist. */
import { fileURLToPath } from 'node:url'
import type { Add } from '../command.ts'

export function addDemo(add: Add): void {
  add<{ step?: boolean; lab?: boolean; keep?: string }>(
    'demo',
    'the demo company in a temporary folder walks the stages, on real sockets',
    (command) =>
      command
        .option('--step', 'wait for Enter after each step')
        .option('--lab', 'insist on network namespaces with real engines (root, Linux)'),
    async (context, _args, { step, lab }) => {
      const { runDemo } = await import('@lockgate/demo')
      return runDemo({
        lockgate: [
          process.execPath,
          ...process.execArgv,
          fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url)),
        ],
        step: step ?? false,
        lab: lab ?? false,
        json: context.options.json ?? false,
        folder: context.options.dir ?? null,
        signal: context.signal,
        say: context.out.say,
        answer: context.out.answer,
      })
    },
  )
}
