/** Records of `tag`. */

import type { ErrorCode } from '../codes.js'

/** A tag and its score. */
export interface TagScore {
  readonly tag: string
  readonly score: number
}

/** A failure as a record. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
}

/** Something that a person should know and that stops nothing. */
export interface WarningRecord {
  readonly type: 'warning'
  readonly code: string
  readonly message: string
}

/** A tagging job begins. */
export interface TagStart {
  readonly type: 'start'
  readonly schema: 1
  readonly version: string
  /** The model file, absolute; null for a Model that was made in memory. */
  readonly model: string | null
  readonly modelHash: string
  readonly device: string
  readonly precision: 'f32' | 'tf32' | 'bf16' | 'fixed14' | 'int8'
  readonly samplingRate: number
  readonly tags: number
  readonly segments: 'all' | number
  readonly all: boolean
  readonly top: number | null
  readonly threshold: number | null
}

/** The file that a record is about, and what tells whether it has changed since. */
interface FileFacts {
  readonly file: string
  /** The bytes of the path in hexadecimal, where `file` cannot hold them. */
  readonly fileBytes?: string
  /** Bytes. */
  readonly size?: number
  /** Time of the last change, milliseconds since 1970. */
  readonly modified?: number
  /** A hash of its size and its first and last 64 KiB, by which `out` knows a file that was moved. Only with `out`. */
  readonly fingerprint?: string
}

/** The tags of a file. */
export interface TagResult extends FileFacts {
  readonly type: 'result'
  /**
   * `partial`: damaged packets were left out, or less came than the container promises. `suspect`: the samples are no
   * plausible sound, see `doubt`.
   */
  readonly status: 'ok' | 'partial' | 'suspect'
  readonly duration: number
  /** Segments behind the mean. */
  readonly segments: number
  /** Whether the file was shorter than a segment and padded with zeros. */
  readonly short: boolean
  /** Packets that were left out, and places where packets are missing. */
  readonly damagedPackets: number
  /** Seconds that the container promises. Absent unless the file was heard in part and its container promises a length. */
  readonly promised?: number
  /** Seconds that came of it. Absent unless the file was heard in part. */
  readonly heard?: number
  readonly decoder: string
  /** How the channels became one: `loudest channel` where they would cancel each other in the mean. */
  readonly downmix: 'mean' | 'loudest channel'
  /** Why the samples are not to be trusted; only with `suspect`. */
  readonly doubt?: string
  /** Best first; with `all` in the model's order. */
  readonly tags: readonly TagScore[]
}

/** A file that could not be tagged. */
export interface TagFailed extends FileFacts {
  readonly type: 'failed'
  readonly error: Failure
}

/** A file that the output holds already, or that came before in the same job. */
export interface TagSkipped extends FileFacts {
  readonly type: 'skipped'
  readonly reason: string
}

/** How far a tagging job is. */
export interface TagProgress {
  readonly type: 'progress'
  readonly files: number
  /** Null until all folders are listed. */
  readonly total: number | null
  readonly ok: number
  readonly failed: number
  /** Of `failed`: for a reason that passes (`ERR_IO`). */
  readonly unfinished: number
  readonly skipped: number
  /** Of `skipped`: failed in an earlier job. */
  readonly failedBefore: number
  /** Seconds of audio in the results. */
  readonly audioSeconds: number
  /** Seconds of audio decoded, those of files that are not complete included. */
  readonly decodedSeconds: number
  readonly seconds: number
}

/** A tagging job is complete. */
export interface TagDone {
  readonly type: 'done'
  readonly files: number
  readonly ok: number
  readonly failed: number
  /** Of `failed`: for a reason that passes (`ERR_IO`). They are not in `out`; the same job tries them again. */
  readonly unfinished: number
  readonly skipped: number
  /** Of `skipped`: failed in an earlier job. */
  readonly failedBefore: number
  /** Files and folders of systems, and marked folders, which were left out. */
  readonly leftOut: number
  readonly audioSeconds: number
  readonly seconds: number
}

/** What `tag` yields: one a file, in input order. */
export type TagRecord = TagResult | TagFailed | TagSkipped

/** What `tag` tells about the whole job. */
export type TagEvent = TagStart | TagProgress | WarningRecord | TagDone
