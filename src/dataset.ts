import type { Path } from './path.js'

/** The kinds of datasets that are read from a folder. */
export const datasetKinds = ['mtat', 'gtzan', 'folders'] as const satisfies readonly Dataset['kind'][]

/** The names of the splits of MagnaTagATune; the first one is the default. */
export const mtatSplits = ['kaist', 'tagged', 'pons'] as const

/** The name of a split of MagnaTagATune. */
export type MtatSplit = (typeof mtatSplits)[number]

/**
 * The source of clips and their tags.
 *
 * - `mtat`: MagnaTagATune in its original layout below `root`: `annotations_final.csv` and the folders `0` to `f`.
 *   `split` selects the clips: `kaist` (the default), tagged clips of at least 29.1 s, as in the papers; `tagged`,
 *   tagged clips of any length; `pons`, all clips, also untagged ones. A clip is tagged if it has any of the 50 tags;
 * - `gtzan`: ten genre folders in `root` or up to three folders below it, with the lists
 *   `{train,valid,test}_filtered.txt` beside them or in `lists`. Files are found by their names without the suffix (for
 *   example `.wav` in the list and `.au` in the folder);
 * - `folders`: one folder per class below `root`, with audio files in it. The class folders may be inside folders
 *   `train`, `valid` and `test`, in any usual spelling (`Training`, `validation`, `val`, `dev` ...);
 * - `manifest`: a CSV file with the columns `path,tags,split` (tags joined by `|`; `\|` is a `|` in a tag), or JSON
 *   lines with the same keys, where `tags` is a list. Paths are relative to the file; `split` is `train`, `valid`,
 *   `test` or empty. In JSON lines `tags` may be an object of weights in 0..1 (soft targets), and with the key `targets`,
 *   the path of a NumPy file `[segments, tags]` of float32, it is the list of the names of the columns. A tag counts as
 *   one of the clip from a mean weight of `positiveFrom` on (default 0.5) in metrics and counts; the loss takes the
 *   weights as they are.
 *
 * A missing split is drawn, about 80/10/10: a hash of the seed and the name of each clip decides, so that adding or
 * removing clips does not move other clips.
 */
export type Dataset =
  | {
      readonly kind: 'mtat'
      readonly root: Path
      readonly split?: MtatSplit | undefined
      readonly lists?: undefined
      readonly path?: undefined
      readonly positiveFrom?: undefined
    }
  | {
      readonly kind: 'gtzan'
      readonly root: Path
      readonly lists?: Path | undefined
      readonly split?: undefined
      readonly path?: undefined
      readonly positiveFrom?: undefined
    }
  | {
      readonly kind: 'folders'
      readonly root: Path
      readonly lists?: undefined
      readonly split?: undefined
      readonly path?: undefined
      readonly positiveFrom?: undefined
    }
  | {
      readonly kind: 'manifest'
      readonly path: Path
      readonly positiveFrom?: number | undefined
      readonly root?: undefined
      readonly lists?: undefined
      readonly split?: undefined
    }
