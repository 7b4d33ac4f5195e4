import type { Path } from './path.js'

/** The layouts of a data set that are read from a folder. */
export const datasetKinds = ['mtat', 'gtzan', 'folders'] as const

/**
 * Where clips and their tags come from.
 *
 * - `mtat`: MagnaTagATune's layout below `root`: `annotations_final.csv` and the folders `0` to `f`;
 * - `gtzan`: ten genre folders below `root`, with the lists `{train,valid,test}_filtered.txt` there or in `lists`;
 * - `folders`: one folder per class below `root`, with audio files in it;
 * - `manifest`: a CSV file with the columns `path,tags,split` (tags joined by `|`), or JSON lines with the same keys and
 *   `tags` a list. Paths are relative to the file; `split` is `train`, `valid` or `test`.
 *
 * A missing split is drawn 80/10/10 by the seed.
 */
export type Dataset =
  | { readonly kind: 'mtat' | 'folders'; readonly root: Path; readonly lists?: undefined; readonly path?: undefined }
  | { readonly kind: 'gtzan'; readonly root: Path; readonly lists?: Path | undefined; readonly path?: undefined }
  | { readonly kind: 'manifest'; readonly path: Path; readonly root?: undefined; readonly lists?: undefined }
