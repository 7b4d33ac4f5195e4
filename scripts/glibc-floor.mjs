// The oldest glibc on which the published addon runs, and how to build for it.
import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'

/** Debian 10, RHEL 8, Ubuntu 18.10 and newer systems have this version. */
export const glibcFloor = '2.28'

/**
 * Whether zig's linker is installed, with cargo-zigbuild (`pip install ziglang cargo-zigbuild`, both on the PATH).
 * Without it the addon needs the glibc version of the build machine.
 */
export const hasZig =
  process.platform === 'linux' && spawnSync('cargo-zigbuild', ['--version'], { stdio: 'ignore' }).status === 0

/**
 * The newest glibc version that the shared library `file` (ELF, 64-bit, little-endian) needs, such as `2.28`; null if
 * none.
 */
export function neededGlibc(file) {
  let newest = null
  for (const version of neededVersions(readFileSync(file))) {
    const found = /^GLIBC_(\d+)\.(\d+)/.exec(version)
    if (found !== null && (newest === null || isNewer(`${found[1]}.${found[2]}`, newest)))
      newest = `${found[1]}.${found[2]}`
  }
  return newest
}

/** Whether version `a` is newer than `b`. */
export function isNewer(a, b) {
  const [majorA, minorA] = a.split('.').map(Number)
  const [majorB, minorB] = b.split('.').map(Number)
  return majorA === majorB ? minorA > minorB : majorA > majorB
}

/** The names in the section of needed versions (`.gnu.version_r`). */
function neededVersions(bytes) {
  const VERSIONS_NEEDED = 0x6ffffffe
  const offset = at => Number(bytes.readBigUInt64LE(at))
  const sections = Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, index) => {
    const at = offset(0x28) + index * bytes.readUInt16LE(0x3a)
    return {
      type: bytes.readUInt32LE(at + 4),
      start: offset(at + 24),
      link: bytes.readUInt32LE(at + 40),
      entries: bytes.readUInt32LE(at + 44),
    }
  })
  const section = sections.find(({ type }) => type === VERSIONS_NEEDED)
  if (section === undefined) return []
  const names = []
  let file = section.start
  for (let left = section.entries; left > 0; left -= 1) {
    let version = file + bytes.readUInt32LE(file + 8)
    for (let count = bytes.readUInt16LE(file + 2); count > 0; count -= 1) {
      const from = sections[section.link].start + bytes.readUInt32LE(version + 8)
      names.push(bytes.toString('latin1', from, bytes.indexOf(0, from)))
      version += bytes.readUInt32LE(version + 12)
    }
    file += bytes.readUInt32LE(file + 12)
  }
  return names
}
