/** An error about a command line that cannot be understood. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
