import { Listener } from './events.js'
import { defaultModel } from './model-sources/name.js'
import { modelFile } from './model-sources/resolve.js'
import type { ResolveModelOptions } from './options/interfaces.js'
import { resolveModel as verb } from './options/model.js'
import { modelArgument } from './options/recurring.js'
import { check, modelText, validate } from './options/validate.js'
import type { Path } from './path.js'
import type { ModelEvent } from './records/index.js'
import { throwIfAborted } from './signals.js'

/**
 * The absolute path of the file of a model. Every function that takes a model does this itself; call it to download a
 * model beforehand, for example while an image is built.
 *
 * `model` is a path; the name of an installed model package (`samplecnn-model` if none is given), which is an npm
 * package with the field `samplecnn: { model, sha256 }` in its package.json; or `hf:user/repo[/file][@revision]` for a
 * file of the Hugging Face hub, which is downloaded into the cache of huggingface_hub unless it is there. `#sha256=HASH`
 * at the end of such a name states the hash that the file must have. The environment variables of huggingface_hub apply
 * (docs/models.md).
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_FOUND` for a package that is not installed, a file that
 * the hub does not have, and a file that is not in the cache while the hub must not be asked; `ERR_MODEL_ACCESS` for a
 * model that needs a token; `ERR_MODEL_HASH` for a file with another hash than the stated one; `ERR_NETWORK` for a hub
 * that cannot be reached and for a download that broke off, which the next call continues; `ERR_OUTPUT` for a cache that
 * cannot be written; `ERR_MODEL_FORMAT` for a model package with a wrong package.json.
 * @example
 * ```ts
 * const file = await resolveModel('hf:user/repo', { onEvent: event => console.log(event) })
 * ```
 */
export async function resolveModel(model: Path = defaultModel, options: ResolveModelOptions = {}): Promise<string> {
  check('resolveModel: model', { ...modelArgument, kind: 'modelFile' }, model)
  const { signal, onEvent } = validate<ModelEvent>(verb, options)
  throwIfAborted(signal)
  const listener = new Listener<ModelEvent>(onEvent)
  const file = await modelFile(modelText(modelArgument, model), { signal, onEvent: event => listener.tell(event) })
  await listener.settled(signal)
  return file
}
