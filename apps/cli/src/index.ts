/** The command line as a function, for programs that embed it. */
export { runCli } from './run-cli.ts'
