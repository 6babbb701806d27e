/** From arguments to exit code: parses, runs the command, and turns what was thrown into an answer. */
import { CommanderError } from 'commander'
import { isBroken, reportBug, reportError } from './output.ts'
import { buildProgram } from './program.ts'

export async function runCli(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  const state = { code: 0 }
  let signals = 0
  const onSignal = () => {
    signals += 1
    if (signals === 1) process.stderr.write('\ninterrupted: putting things in order; press again to leave at once\n')
    else process.exit(130)
    interrupt.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.stdout.on('error', (cause) => isBroken(cause) && process.exit(state.code))
  const json = args.includes('--json')
  try {
    const program = await buildProgram(args, interrupt.signal, state, runCli)
    await program.parseAsync([...args], { from: 'user' })
    return interrupt.signal.aborted && state.code === 0 ? 130 : state.code
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) return 0
    const { LockgateError } = await import('@lockgate/model')
    if (cause instanceof CommanderError)
      return reportError(new LockgateError('LG1101', cause.message.replace(/^error: /, '')), json)
    if (cause instanceof LockgateError)
      return interrupt.signal.aborted
        ? reportError(new LockgateError('LG9001', cause.message, { cause }), json)
        : reportError(cause, json)
    if (interrupt.signal.aborted)
      return reportError(new LockgateError('LG9001', 'interrupted; nothing is half-done', { cause }), json)
    return reportBug(cause, json)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}
