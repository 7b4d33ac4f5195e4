import { outcome } from './job.js'
import { distill as verb } from './options/distill.js'
import type { DistillOptions } from './options/interfaces.js'
import { validate } from './options/validate.js'
import type { DistillDone } from './records/index.js'

/**
 * Makes a manifest of soft targets from the scores of a teacher: `train` with this manifest trains a student on them.
 * The scores are the JSON lines that `tag` writes with `all`; with `timeline` every segment has its own targets, which
 * fit students with the input length and the sampling rate of the teacher.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`, `ERR_FILE_NOT_FOUND`, `ERR_DATASET`, `ERR_OUTPUT`.
 * @example
 * ```ts
 * for await (const _ of tag('music/', { model: 'teacher.safetensors', all: true, out: 'scores.jsonl' }));
 * await distill({ scores: 'scores.jsonl', out: 'soft.jsonl' })
 * await train({ dataset: { kind: 'manifest', path: 'soft.jsonl' }, out: 'runs/student' })
 * ```
 */
export async function distill(options: DistillOptions): Promise<DistillDone> {
  return await outcome<DistillDone, DistillDone>('distill', validate<DistillDone>(verb, options))
}
