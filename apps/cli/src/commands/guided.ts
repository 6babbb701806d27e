/** `lockgate` alone: where you are, what is next and why; asks before it changes anything. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { answers } from '@lockgate/model'
import { findWorkspace, readStatus } from '@lockgate/stages'
import pc from 'picocolors'
import { atTerminal } from '../ask.ts'
import type { Add } from '../command.ts'
import type { Context } from '../context.ts'
import { sayStatus } from '../say.ts'
import { usualSources } from '../usual-sources.ts'

interface Next {
  readonly argv: readonly string[]
  readonly why: string
}

type Run = (args: readonly string[]) => Promise<number>

export function addGuided(add: Add, run: Run): void {
  add(
    '',
    '',
    (command) => command,
    (context) => guide(context, run),
  )
}

async function guide(context: Context, run: Run): Promise<number> {
  const folder = folderOrNull(context)
  if (folder === null || !existsSync(join(folder, 'lockgate.yaml'))) {
    context.out.say('There is no lockgate.yaml here yet.')
    const sources = usualSources(context.options.dir ?? process.cwd())
    const next = [
      ...(sources.length > 0
        ? [{ argv: ['init', ...sources.flatMap((one) => ['--from', one])], why: 'write one from what is set up here' }]
        : []),
      { argv: ['init'], why: 'write one with examples to fill in' },
      { argv: ['demo'], why: 'see the demo company walk the stages first' },
    ]
    context.out.answer({ next })
    return offer(context, next, run)
  }
  const status = await context.withWorkspace(readStatus)
  context.out.answer(status)
  sayStatus(context.out, status)
  return offer(context, nextSteps(status), run)
}

function folderOrNull(context: Context): string | null {
  try {
    return context.options.dir ?? findWorkspace(process.cwd())
  } catch {
    return null
  }
}

export function nextSteps(status: answers.StatusAnswer): readonly Next[] {
  if (status.pending)
    return [
      { argv: ['confirm'], why: `keep the change; without it everything is put back at ${status.pending.confirmBy}` },
      { argv: ['rollback'], why: 'put everything back now' },
    ]
  const shut = status.stages.find((one) => one.built && one.gate === 'shut')
  if (!shut)
    return [{ argv: ['report'], why: 'every stage of this version is open; the report says what that rests on' }]
  const says = (gate: string) => shut.because.some((one) => one.startsWith(gate))
  if (says('gate.no-backends')) return [{ argv: ['scan'], why: 'find out what exists' }]
  if (says('gate.missing'))
    return [{ argv: ['verify', shut.id], why: 'see from where users stand what is exposed now; changes nothing' }]
  if (says('gate.not-applied') || says('gate.foreign-plan'))
    return [
      { argv: ['plan', shut.id], why: 'see what would be written, and where; changes nothing' },
      { argv: ['apply', shut.id], why: 'put it on the hosts; restores itself unless confirmed' },
      { argv: ['verify', shut.id], why: 'look again' },
    ]
  if (says('gate.sweep-missing')) return [{ argv: ['verify', shut.id, '--sweep'], why: 'ask all 65,535 ports once' }]
  return [
    { argv: ['verify', shut.id], why: 'look again after you fixed what is listed' },
    { argv: ['plan', shut.id], why: 'see what Lockgate would change' },
  ]
}

async function offer(context: Context, next: readonly Next[], run: Run): Promise<number> {
  for (const { argv, why } of next) context.out.say(`next: ${pc.bold(`lockgate ${argv.join(' ')}`)}  ${why}`)
  if (!atTerminal() || context.options.json) return 0
  const { isCancel, select } = await import('@clack/prompts')
  const chosen = await select({
    message: 'What now?',
    options: [
      ...next.map(({ argv, why }) => ({ value: argv.join(' '), label: `lockgate ${argv.join(' ')}`, hint: why })),
      { value: '', label: 'nothing', hint: 'leave everything as it is' },
    ],
  })
  if (isCancel(chosen) || chosen === '') return 0
  const dir = context.options.dir ? ['--dir', context.options.dir] : []
  return run([...chosen.split(' '), ...dir])
}
