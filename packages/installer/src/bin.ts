#!/usr/bin/env node
import { main } from './cli/main.ts'
import { processHost } from './cli/process-host.ts'

// Not exitCode alone: a connection that is being closed must not keep the process.
void main(process.argv.slice(2), processHost()).then((code) => process.exit(code))
