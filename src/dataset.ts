import type { Path } from './path.js'

/** The layouts of a dataset that are read from a folder. */
export const datasetKinds = ['mtat', 'gtzan', 'folders'] as const satisfies readonly Dataset['kind'][]

/** The splits of MagnaTagATune by their names, the default first. */
export const mtatSplits = ['kaist', 'tagged', 'pons'] as const

/** One of them. */
export type MtatSplit = (typeof mtatSplits)[number]

/**
 * Where clips and their tags come from.
 *
 * - `mtat`: MagnaTagATune's layout below `root`: `annotations_final.csv` and the folders `0` to `f`. `split` says which clips:
 *   `kaist` (the default), those of at least 29.1 s with one of the 50 tags, as in the papers; `tagged`, of any length; `pons`,
 *   untagged clips too;
 * - `gtzan`: ten genre folders in `root` or up to three folders below it, with the lists `{train,valid,test}_filtered.txt`
 *   beside them or in `lists`; files are found by their names without the suffix (`.wav` in the list, `.au` in the folder);
 * - `folders`: one folder per class below `root`, with audio files in it; or folders `train`, `valid` and `test` with such
 *   folders, in any usual spelling (`Training`, `validation`, `val`, `dev` ...);
 * - `manifest`: a CSV file with the columns `path,tags,split` (tags joined by `|`; `\|` is a `|` in a tag), or JSON lines with
 *   the same keys and `tags` a list. Paths are relative to the file; `split` is `train`, `valid` or `test`, or empty.
 *
 * A missing split is drawn, about 80/10/10: a hash of the seed and the clip's name decides, so that clips that come or go move
 * no other.
 */
export type Dataset =
  | {
      readonly kind: 'mtat'
      readonly root: Path
      readonly split?: MtatSplit | undefined
      readonly lists?: undefined
      readonly path?: undefined
    }
  | {
      readonly kind: 'gtzan'
      readonly root: Path
      readonly lists?: Path | undefined
      readonly split?: undefined
      readonly path?: undefined
    }
  | {
      readonly kind: 'folders'
      readonly root: Path
      readonly lists?: undefined
      readonly split?: undefined
      readonly path?: undefined
    }
  | {
      readonly kind: 'manifest'
      readonly path: Path
      readonly root?: undefined
      readonly lists?: undefined
      readonly split?: undefined
    }
