/** The one place where argv become text for a remote POSIX shell. */
import { LockgateError } from '@lockgate/model'

/** In single quotes every byte stands for itself (POSIX 2.2.2); only the single quote leaves them, escaped. */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new LockgateError('LG3003', 'an argument with a NUL cannot be passed to a program')
  return `'${word.replaceAll("'", "'\\''")}'`
}

export interface CommandStyle {
  readonly sudo: boolean
  /** stdin from /dev/null, for all but the one program of a line that reads the input. */
  readonly noInput?: boolean
}

/**
 * One simple command for the login shell. Programs answer in the C locale, because their messages are read; the system
 * folders are added because sshd's PATH for other users than root lacks them.
 */
export function commandLine(argv: readonly string[], style: CommandStyle): string {
  const program = argv[0] ?? ''
  if (program === '') throw new LockgateError('LG3003', 'there is no program to run: the argv is empty')
  if (program.includes('=') || program.startsWith('-'))
    throw new LockgateError('LG3003', `${program} cannot be run over ssh: it reads as an option or a variable`)
  const words = argv.map(shellQuote).join(' ')
  const input = style.noInput ? ' </dev/null' : ''
  return `env LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" ${style.sudo ? 'sudo -n -- ' : ''}${words}${input}`
}
