/** Hands the newest checkpoint to where its sender can't rewrite it: lockgate.yaml's `log.publish`. */
import { spawn } from 'node:child_process'

/** Milliseconds that one command may take. */
const patience = 60_000

/**
 * Runs each argv in `dir` with the checkpoint on its standard input and its path in LOCKGATE_CHECKPOINT.
 * What failed comes back as sentences: a checkpoint that could not be published is no reason to lose the work.
 */
export async function publishCheckpoint(
  publish: readonly (readonly string[])[],
  dir: string,
  file: string,
  checkpoint: string,
): Promise<readonly string[]> {
  const failures: string[] = []
  for (const argv of publish) {
    const failure = await runOne(argv, dir, file, checkpoint)
    if (failure !== null) failures.push(`the checkpoint was not published by \`${argv.join(' ')}\`: ${failure}`)
  }
  return failures
}

function runOne(argv: readonly string[], cwd: string, file: string, checkpoint: string): Promise<string | null> {
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const env = { ...process.env, LOCKGATE_CHECKPOINT: file }
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'ignore', 'pipe'], timeout: patience })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-500)
    })
    child.on('error', (cause) => resolve(cause.message))
    child.on('close', (code) => resolve(code === 0 ? null : `it ended with ${code}: ${said.trim()}`))
    child.stdin.on('error', () => {})
    child.stdin.end(checkpoint)
  })
}
