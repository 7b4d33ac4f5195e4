/**
 * The C library of this process. A diagnostic report would tell it, too, but looks up the names of all hosts that the process is
 * connected to, which takes seconds; and not every runtime has one, or allows it.
 */

import { readFileSync } from 'node:fs'

let found: { readonly glibc: string | undefined } | undefined

/** The version of glibc; undefined with musl, on other systems, and where it cannot be told. */
export function glibcVersion(): string | undefined {
  found ??= { glibc: process.platform === 'linux' ? (fromMemoryMap() ?? fromReport()) : undefined }
  return found.glibc
}

/** What `work` returns, while a diagnostic report looks nothing up in the network. */
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

/** The library that is mapped into this process says its version itself. */
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

/** What writes diagnostic reports; undefined where there is none. */
function reporter(): (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined {
  try {
    return process.report as NodeJS.ProcessReport | undefined
  } catch {
    return undefined
  }
}
