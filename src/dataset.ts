import type { Path } from './path.js'

/** The kinds of datasets that are read from a folder. */
export const datasetKinds = [
  'mtat',
  'gtzan',
  'jamendo',
  'fma',
  'esc50',
  'tagtraum',
  'msd',
  'folders',
] as const satisfies readonly Dataset['kind'][]

/** The names of the splits of MagnaTagATune; the first one is the default. */
export const mtatSplits = ['kaist', 'tagged', 'tae-jun', 'pons'] as const

/** The names of the splits of GTZAN; the first one is the default. */
export const gtzanSplits = ['filtered', 'all'] as const

/** The numbers of the splits of MTG-Jamendo; the first one is the default. */
export const jamendoSplits = [0, 1, 2, 3, 4] as const

/** The groups of tags of MTG-Jamendo; the first one is the default. */
export const jamendoSubsets = ['top50tags', 'genre', 'instrument', 'moodtheme', 'all'] as const

/** The subsets of FMA; the first one is the default. */
export const fmaSubsets = ['small', 'medium', 'large', 'full'] as const

/** The sets of classes of ESC; the first one is the default. */
export const escSubsets = ['esc50', 'esc10'] as const

/** The name of a split of MagnaTagATune. */
export type MtatSplit = (typeof mtatSplits)[number]

/** Selects tags and parts of a dataset of any kind. */
export interface DatasetSelection {
  /**
   * A file with the tags, in the order of the outputs: one per line, a JSON list, or a NumPy array of texts. Other tags
   * are left out. Default: all tags, in the order of the dataset.
   */
  readonly tagList?: Path | undefined
  /** Keep only this many tags, those with the most clips. Default: all. */
  readonly topTags?: number | undefined
  /** Keep only tags that at least this many clips have. Default: 1. */
  readonly minPositives?: number | undefined
  /** Rules such as `male vocal = male voice = man`: all tags of a rule become its first one. */
  readonly mergeTags?: readonly string[] | undefined
  /** A file with one such rule per line. */
  readonly mergeFile?: Path | undefined
  /**
   * `artist`, `album` or a column of the manifest: clips with the same value are in the same part. All parts are drawn
   * by the seed, and a published split is not used. Default: none.
   */
  readonly group?: string | undefined
  /**
   * The number of the fold that is the test part. The next fold is the validation part, the others are the training
   * part. Default: 1 for ESC-50; other datasets have folds only if their manifest has a column `fold`.
   */
  readonly fold?: number | undefined
}

/** A kind with its own properties; the properties of other kinds do not exist. */
type Kind<Name extends string, Own> = {
  readonly kind: Name
} & Own & { readonly [Other in Exclude<'root' | 'path' | 'lists' | 'split' | 'subset', keyof Own>]?: undefined }

/**
 * The source of clips and their tags.
 *
 * - `mtat`: MagnaTagATune in its original layout below `root`: `annotations_final.csv` and the folders `0` to `f`.
 *   `split` selects the clips: `kaist` (the default), tagged clips of at least 29.1 s, as in the papers; `tagged` or
 *   `tae-jun`, tagged clips of any length; `pons`, all clips, also untagged ones. A clip is tagged if it has any of the
 *   50 tags. `lists` is a folder of published list files, which decide clips and parts instead;
 * - `gtzan`: ten genre folders in `root` or up to three folders below it. `split` is `filtered` (the default), the
 *   fault-filtered lists, or `all`. Lists `{train,valid,test}_filtered.txt` beside the folders or in `lists` are
 *   preferred. Files are found by their names without the suffix (for example `.wav` in the list and `.au` in the
 *   folder);
 * - `jamendo`: MTG-Jamendo. `root` holds the folders `00` to `99`, `lists` is a copy of its repository or the folder
 *   `data/splits`; `split` is 0 to 4, `subset` a group of tags;
 * - `fma`: FMA. `root` holds `fma_small` (or another `subset`) and `fma_metadata`, or `lists` is the folder of
 *   `tracks.csv`;
 * - `esc50`: ESC-50 (`meta/esc50.csv` and `audio`) or the class folders of ESC-10; the selection's `fold` is the test;
 * - `tagtraum`: TAGTRAUM genres of the Million Song Dataset: the annotations (`.cls`), id lists and path maps in `lists`;
 * - `msd`: the Million Song Dataset with Last.fm tags: id lists, tag vectors and path maps in `lists`;
 * - `folders`: one folder per class below `root`, with audio files in it. The class folders may be inside folders
 *   `train`, `valid` and `test`, in any usual spelling (`Training`, `validation`, `val`, `dev` ...);
 * - `manifest`: a CSV file with the columns `path,tags,split` (tags joined by `|`; `\|` is a `|` in a tag), or JSON
 *   lines with the same keys, where `tags` is a list. Paths are relative to the file; `split` is `train`, `valid`,
 *   `test` or empty. Further columns are `fold`, `artist`, `album` and any column named by `group`. In JSON lines `tags`
 *   may be an object of weights in 0..1 (soft targets), and with the key `targets`, the path of a NumPy file
 *   `[segments, tags]` of float32, it is the list of the names of the columns. A tag counts as one of the clip from a
 *   mean weight of `positiveFrom` on (default 0.5) in metrics and counts; the loss takes the weights as they are.
 *
 * A missing split is drawn, about 80/10/10: a hash of the seed and the name of each clip decides, so that adding or
 * removing clips does not move other clips.
 */
export type Dataset = DatasetSelection &
  (
    | Kind<'mtat', { readonly root: Path; readonly split?: MtatSplit | undefined; readonly lists?: Path | undefined }>
    | Kind<
        'gtzan',
        {
          readonly root: Path
          readonly split?: (typeof gtzanSplits)[number] | undefined
          readonly lists?: Path | undefined
        }
      >
    | Kind<
        'jamendo',
        {
          readonly root: Path
          readonly lists?: Path | undefined
          readonly split?: (typeof jamendoSplits)[number] | undefined
          readonly subset?: (typeof jamendoSubsets)[number] | undefined
        }
      >
    | Kind<
        'fma',
        {
          readonly root: Path
          readonly lists?: Path | undefined
          readonly subset?: (typeof fmaSubsets)[number] | undefined
        }
      >
    | Kind<'esc50', { readonly root: Path; readonly subset?: (typeof escSubsets)[number] | undefined }>
    | Kind<'tagtraum' | 'msd', { readonly root: Path; readonly lists?: Path | undefined }>
    | Kind<'folders', { readonly root: Path }>
    | Kind<'manifest', { readonly path: Path; readonly positiveFrom?: number | undefined }>
  )
