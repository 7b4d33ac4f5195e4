// The clips of gm-mtat, a set outside the repository in the layout of MagnaTagATune.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The clips: path in the folder `gm-mtat` of `data`, composition, part of the dataset (`0` to `f`), tags. */
export function clips(data) {
  const lines = readFileSync(join(data, 'gm-mtat/annotations_final.csv'), 'utf8').trim().split('\n')
  const [head, ...rows] = lines.map(line => line.split('\t').map(cell => cell.replaceAll('"', '').trim()))
  return rows.map(row => {
    const path = row.at(-1)
    const tags = head.slice(1, -1).filter((_, at) => row[at + 1] === '1')
    return { path, tags, part: path[0], composition: /gm-(\d+)-/.exec(path)[1] }
  })
}
