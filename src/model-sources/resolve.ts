/** Finds the file of a model that is given by a path or by a name. */

import { defaultModelFile } from './default.js'
import { cachedHubModel, hubModel, type Watch } from './hub.js'
import { defaultModel, hubName } from './name.js'
import { packagedModel } from './package.js'

/**
 * The model file for `model`, which validate() has checked: an absolute path, the name of an installed model package, or
 * a name of the hub, whose file is downloaded if necessary. Another text, such as the empty one of a Model in memory, is
 * returned unchanged.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_ACCESS`, `ERR_MODEL_HASH`,
 * `ERR_NETWORK`, `ERR_OUTPUT`; the reason of the signal.
 */
export async function modelFile(model: string, watch: Watch): Promise<string> {
  const hub = hubName(model)
  return hub === undefined ? modelFileAtOnce(model) : await hubModel(model, hub, watch)
}

/**
 * As `modelFile`, for functions that return at once: a file of the hub must be in the cache.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_HASH`.
 */
export function modelFileAtOnce(model: string): string {
  if (model === '' || model === '-' || model.startsWith('/')) return model
  const hub = hubName(model)
  if (hub !== undefined) return cachedHubModel(model, hub)
  return model === defaultModel ? defaultModelFile() : packagedModel(model)
}
