/** The one error type of Lockgate, and the table of its stable codes. */

interface ErrorInfo {
  readonly title: string
  readonly exit: 1 | 2 | 3 | 130
}

/** Every code, what it means and the exit code that a command ends with. Codes are never reused. */
export const errorCodes = {
  LG1001: { title: 'The configuration file cannot be read', exit: 2 },
  LG1002: { title: 'The configuration file is not valid YAML', exit: 2 },
  LG1003: { title: 'A value in the configuration is not what is expected', exit: 2 },
  LG1004: { title: 'The configuration has a key that does not exist', exit: 2 },
  LG1005: { title: 'The configuration contradicts itself', exit: 2 },
  LG1006: { title: 'The configuration file is larger than can be sensible', exit: 2 },
  LG1007: { title: 'No lockgate.yaml was found', exit: 2 },
  LG1008: { title: 'The file exists already and is not overwritten', exit: 2 },
  LG1101: { title: 'The command line is wrong', exit: 2 },
  LG1102: { title: 'This version does not have that stage or option', exit: 2 },
  LG1103: { title: 'The command needs a yes and there is no terminal to ask at', exit: 2 },
  LG1201: { title: 'A source cannot be read', exit: 2 },
  LG1202: { title: 'A source file changed while it was being migrated', exit: 1 },
  LG2001: { title: 'The stage is locked by the one before it', exit: 1 },
  LG2002: { title: 'An earlier apply waits for its confirmation', exit: 1 },
  LG2004: { title: 'A file on a host is not what Lockgate wrote', exit: 1 },
  LG2005: { title: 'The plan has a gap', exit: 1 },
  LG2006: { title: 'A check after the change failed, and everything was restored', exit: 1 },
  LG2007: { title: 'The confirmation came too late, and everything was restored', exit: 1 },
  LG2009: { title: 'There is nothing to do', exit: 1 },
  LG2010: { title: 'The waiver is refused', exit: 2 },
  LG2011: { title: 'A virtual host has not been shown to answer as the one that it replaces', exit: 1 },
  LG3001: { title: 'A host cannot be reached', exit: 3 },
  LG3002: { title: 'The host key is not known', exit: 3 },
  LG3003: { title: 'A command on a host failed', exit: 3 },
  LG3004: { title: 'A file on a host cannot be read or written', exit: 3 },
  LG3005: { title: 'The engine refused the configuration', exit: 3 },
  LG3006: { title: 'The engine did not take the new configuration', exit: 3 },
  LG3007: { title: 'The engine or a tool that is needed is not installed', exit: 3 },
  LG3008: { title: "The dead man's timer could not be started", exit: 3 },
  LG3009: { title: 'The disk is full or the folder cannot be written', exit: 3 },
  LG3101: { title: 'The audit log is damaged', exit: 1 },
  LG3102: { title: 'The audit log has another writer', exit: 1 },
  LG3103: { title: 'The audit log cannot be read or written', exit: 3 },
  LG3201: { title: 'The gateway cannot start', exit: 3 },
  LG3301: { title: 'The identity provider cannot be used', exit: 3 },
  LG9001: { title: 'Interrupted', exit: 130 },
} as const satisfies Record<`LG${number}`, ErrorInfo>

export type ErrorCode = keyof typeof errorCodes

/** Where in an input an error lies; line is 1-based, key is a dotted path such as `backends[0].public`. */
export interface ErrorPlace {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly key?: string | undefined
}

/** Thrown when the work cannot go on. `message` says what was expected and what to do next. */
export class LockgateError extends Error {
  readonly code: ErrorCode
  readonly at: ErrorPlace | undefined

  constructor(code: ErrorCode, message: string, options: { at?: ErrorPlace | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LockgateError'
    this.code = code
    this.at = options.at
  }

  get exit(): number {
    return errorCodes[this.code].exit
  }

  /** The anchor of the playbook section that helps. */
  get help(): string {
    return `playbooks/errors.md#${this.code.toLowerCase()}`
  }
}
