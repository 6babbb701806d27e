#!/usr/bin/env node
/** The binary: runs one command and ends with its exit code. */
import { runCli } from './run-cli.ts'

process.exitCode = await runCli(process.argv.slice(2))
// Sockets that a probe left to time out must not keep a finished command waiting.
process.stdout.write('', () => process.exit())
