/** Formats paths for people. Records contain absolute paths. */

import { isAbsolute, relative, sep } from 'node:path'

/** `path` relative to the working directory if it is inside it, else unchanged. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path)
  const outside = near === '' || near === '..' || near.startsWith(`..${sep}`) || isAbsolute(near)
  return outside ? path : near
}
