import type { ErrorCode } from './codes.js'

/** The error class of this package: an Error with a stable `code`. The message says what happened and what to do. */
export class SampleCnnError extends Error {
  override readonly name = 'SampleCnnError'
  /** The kind of failure; stable across versions. */
  readonly code: ErrorCode
  /** The file that the failure is about, if there is one. */
  declare readonly file?: string

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { readonly file?: string } = {}) {
    super(message, options)
    this.code = code
    if (options.file !== undefined) this.file = options.file
  }
}

/** Awaits a call of the addon and converts its errors to SampleCnnErrors. */
export async function coded<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/**
 * Converts an error of the addon to a SampleCnnError: its message is the JSON `{code, message, file}`. Any other error
 * (such as a wrong argument type) is an internal error of samplecnn.
 */
export function fromNative(thrown: unknown): SampleCnnError {
  if (thrown instanceof SampleCnnError) return thrown
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  let error: SampleCnnError
  try {
    const { code, message, file } = JSON.parse(text) as { code: ErrorCode; message: string; file: string | null }
    error = new SampleCnnError(code, message, file === null ? {} : { file })
  } catch {
    error = new SampleCnnError('ERR_INTERNAL', text, { cause: thrown })
  }
  // The addon preserves the stack of the caller, which is more useful than the stack of this conversion.
  if (thrown instanceof Error && thrown.stack !== undefined) {
    const calls = thrown.stack.slice(thrown.stack.indexOf('\n    at '))
    if (calls.startsWith('\n')) error.stack = `${error.name}: ${error.message}${calls}`
  }
  return error
}
