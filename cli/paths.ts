/** How paths stand in texts for people. Records have them absolute. */

import { isAbsolute, relative, sep } from 'node:path'

/** `path` from the working directory where it lies below it, else as it is. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path)
  const outside = near === '' || near === '..' || near.startsWith(`..${sep}`) || isAbsolute(near)
  return outside ? path : near
}
