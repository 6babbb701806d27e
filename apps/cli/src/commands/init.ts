/** `lockgate init`: writes lockgate.yaml from what runs today, and keeps `.lockgate/` out of Git; never overwrites. */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LockgateError, parseConfig } from '@lockgate/model'
import type { Add } from '../command.ts'
import { collect } from './collect.ts'

export function addInit(add: Add): void {
  add<{ from: string[] }>(
    'init',
    'write lockgate.yaml from what runs today; never overwrites',
    (command) => command.option('--from <source>', 'nginx:FILE compose:FILE … (several)', collect, []),
    async (context, _args, { from }) => {
      const dir = resolve(context.options.dir ?? process.cwd())
      const file = join(dir, 'lockgate.yaml')
      if (existsSync(file))
        throw new LockgateError('LG1008', `${file} is there already; \`lockgate scan\` shows what it lacks`, {
          at: { file },
        })
      const { discover, parseSource, toConfigYaml } = await import('@lockgate/discovery')
      const { found, unread, proxies } = await discover(from.map(parseSource), {
        baseDir: dir,
        signal: context.signal,
        progress: context.out.progress,
      })
      await mkdir(dir, { recursive: true })
      await writeFile(file, toConfigYaml({ found, proxies, unread }), { flag: 'wx' }).catch(
        (cause: NodeJS.ErrnoException) => {
          throw new LockgateError(
            'LG3009',
            `${file} cannot be written: ${cause.message}; make room, or give permission, and run it again`,
            { cause },
          )
        },
      )
      await ignoreState(dir)
      context.out.answer({ file, backends: found.length, unread })
      const active = parseConfig(await readFile(file, 'utf8')).backends.length
      context.out.say(written(file, from.length, active, found.length - active))
      for (const one of unread) context.out.say(`unread ${one.source}: ${one.because}`)
      return 0
    },
  )
}

function written(file: string, sources: number, active: number, others: number): string {
  if (sources === 0)
    return `wrote ${file} with examples only; fill it in, or take it away and let it be written from what runs, such as: lockgate init --from nginx:/etc/nginx/nginx.conf`
  const rest = others > 0 ? `, and ${others} more as comments that say what is missing` : ''
  return `wrote ${file} with ${active === 1 ? '1 backend' : `${active} backends`}${rest}; read it, answer the lines marked with ?, then: lockgate verify`
}

async function ignoreState(dir: string): Promise<void> {
  const file = join(dir, '.gitignore')
  const before = await readFile(file, 'utf8').catch(() => '')
  if (before.split('\n').includes('.lockgate/')) return
  await appendFile(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}.lockgate/\n`)
}
