/** One running engine, wherever its processes are started. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Child } from './child.ts'
import { type EngineId, type EngineSetting, engines } from './engines.ts'
import { type Ran, run } from './run.ts'

export interface Engine {
  readonly plane: EngineId
  readonly edge: string
  readonly home: string
  /** The folder that Lockgate owns. */
  readonly config: string
  readonly start: readonly string[]
  /** null: the plane has its own. */
  readonly testArgv: readonly string[] | null
  readonly reloadArgv: readonly string[] | null
  child(): Child
  /** Runs the engine's test command where it runs; null where the plane's default is right. */
  test(): Promise<Ran | null>
  reload(): Promise<void>
  stop(): Promise<void>
  restart(): Promise<void>
}

export interface EngineOptions extends Partial<Pick<EngineSetting, 'extra' | 'after' | 'parking'>> {
  readonly plane: EngineId
  readonly edge: string
  readonly home: string
  readonly start: (argv: readonly string[], name: string) => Promise<Child>
  /** Puts files into the folder before the engine starts. */
  readonly prepare?: (config: string) => void
  /** What is put before argv so that they run where the engine runs. */
  readonly prefix?: readonly string[]
}

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { plane, edge, home, prefix = [] } = options
  const config = `${home}/lockgate`
  const { files, start, test, reload, ready } = engines[plane]({
    home,
    config,
    edge,
    extra: options.extra ?? '',
    after: options.after ?? '',
    parking: options.parking ?? '127.0.0.1:1',
  })
  mkdirSync(config, { recursive: true })
  for (const [path, content] of Object.entries(files)) writeFileSync(path, content)
  options.prepare?.(config)
  const begin = async () => {
    const child = await options.start(start, `${edge}-${plane}`)
    try {
      await child.until((_, stderr) => ready(stderr), 20_000)
    } catch (error) {
      await child.stop()
      throw new Error(`${(error as Error).message}${logOf(home)}`)
    }
    return child
  }
  let child = await begin()
  return {
    plane,
    edge,
    home,
    config,
    start,
    testArgv: test,
    reloadArgv: reload,
    child: () => child,
    test: async () => (test === null ? null : run([...prefix, ...test])),
    reload: async () => {
      if (reload === null) return
      const { code, stderr } = await run([...prefix, ...reload])
      if (code !== 0) throw new Error(`${reload.join(' ')} ended with ${code}: ${stderr}`)
    },
    stop: () => child.stop(),
    restart: async () => {
      await child.stop()
      child = await begin()
    },
  }
}

const logOf = (home: string): string =>
  existsSync(`${home}/error.log`) ? readFileSync(`${home}/error.log`, 'utf8').slice(-4_000) : ''
