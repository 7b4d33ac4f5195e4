/**
 * The C library of this process. A diagnostic report contains it as well, but looks up the names of all hosts to which
 * the process is connected, which takes seconds; and some runtimes do not have reports or do not allow them.
 */

import { readFileSync } from 'node:fs'

let found: { readonly glibc: string | undefined } | undefined

/** The version of glibc; undefined with musl, on other systems, and if it is unknown. */
export function glibcVersion(): string | undefined {
  found ??= { glibc: process.platform === 'linux' ? (fromMemoryMap() ?? fromReport()) : undefined }
  return found.glibc
}

/** Runs `work` with network lookups of diagnostic reports disabled, and returns its result. */
export function withoutNetwork<Result>(work: () => Result): Result {
  const report = reporter()
  if (report === undefined || !('excludeNetwork' in report)) return work()
  const before = report.excludeNetwork
  report.excludeNetwork = true
  try {
    return work()
  } finally {
    report.excludeNetwork = before
  }
}

/** The library file that is mapped into this process contains its version. */
function fromMemoryMap(): string | undefined {
  try {
    const path = /\s(\/\S*\/libc(?:\.so\.6|-[\d.]+\.so))$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1]
    if (path === undefined) return undefined
    const content = readFileSync(path)
    const start = content.indexOf('GNU C Library (')
    return start < 0 ? undefined : /version (\d+\.\d+)/.exec(content.toString('latin1', start, start + 200))?.[1]
  } catch {
    return undefined
  }
}

function fromReport(): string | undefined {
  try {
    const report = withoutNetwork(() => reporter()?.getReport()) as
      { header?: { glibcVersionRuntime?: string } } | undefined
    return report?.header?.glibcVersionRuntime
  } catch {
    return undefined
  }
}

/** The diagnostic reports of the process; undefined if the runtime has none. */
function reporter(): (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined {
  try {
    return process.report as NodeJS.ProcessReport | undefined
  } catch {
    return undefined
  }
}
