#!/usr/bin/env node
/**
 * The entry of the command line. It loads all other modules by itself: Node opens many of them at the same time, and
 * where too few files may be open, this failure is told like every other one.
 */

try {
  const { main } = await import('./program.js')
  process.exitCode = await main(process.argv.slice(2))
} catch (thrown) {
  const { code } = thrown as NodeJS.ErrnoException
  if (code !== 'EMFILE' && code !== 'ENFILE') throw thrown
  const message =
    'too many open files, so that the program cannot be loaded: close some of them or raise `ulimit -n` (64 are ' +
    'enough to start), then run the same command again'
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ type: 'error', error: { code: 'ERR_IO', message } })}\n`)
  }
  process.stderr.write(`samplecnn: ${message} (ERR_IO)\n`)
  process.exitCode = 4
}
