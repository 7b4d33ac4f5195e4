import type { Architecture } from './architecture.js'
import { isArchitectureFile, readArchitectureText } from './architecture-file.js'
import { fromNative, SampleCnnError } from './error.js'
import { defaultModel, hubName, isPackageName } from './model-sources/name.js'
import { folderOf, packagePlaces } from './model-sources/package.js'
import { modelFileAtOnce } from './model-sources/resolve.js'
import { isModel } from './models.js'
import { native } from './native.js'
import { draw as drawVerb } from './options/draw.js'
import { network } from './options/inspect.js'
import type { DrawOptions } from './options/interfaces.js'
import { check, show, validate } from './options/validate.js'
import { absoluteText, isPath, type Path } from './path.js'
import type { Preset } from './presets.js'
import type { Inspection } from './records/index.js'

/**
 * Reports the layers of a network: `target` is the name of a preset, an architecture, a .json file with an
 * architecture, or a model: a file, an installed model package (`samplecnn-model` if no target is given), or a file of
 * the hub that is in the cache (`resolveModel` downloads it). Files may also be given as `file:` URLs and as bytes.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for an invalid name or architecture, `ERR_FILE_NOT_FOUND`,
 * `ERR_MODEL_FORMAT`; the codes of `resolveModel` for a model that is given by a name.
 */
export function inspect(target: Network = defaultModel): Inspection {
  const named = textOf('inspect: target', target)
  check('inspect: target', network, named)
  return inspection(named)
}

/**
 * Draws networks as SVG: a single network as its layer table, several networks side by side on one time axis, as in
 * Figure 1 of the papers. `targets` is an argument of `inspect`, or a list of them. With `out` the picture is also
 * written to that file: it replaces a picture that samplecnn drew, another file only with `force`, and never a file of
 * `targets`.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for an invalid network or if `targets` is empty, `ERR_FILE_NOT_FOUND`,
 * `ERR_MODEL_FORMAT`; `ERR_OUTPUT` if `out` cannot be written or is not a picture of samplecnn.
 */
export function draw(targets: Network | readonly Network[], options: DrawOptions = {}): string {
  const { request } = validate<never>(drawVerb, options)
  const given: readonly Network[] = isList(targets) ? targets : [targets]
  const list = given.map(target => textOf('draw: each of targets', target))
  if (list.length === 0) {
    throw new SampleCnnError('ERR_INVALID_OPTION', `draw: targets must name a network, received ${show(targets)}`)
  }
  for (const target of list) {
    check('draw: each of targets', network, target)
    // Check files here, so that errors name the file; the drawing code knows only the network.
    if (typeof target === 'string' && isArchitectureFile(target)) inspection(target)
  }
  try {
    const picture = native().draw(list.map(target => (typeof target === 'string' ? target : JSON.stringify(target))))
    const { out, force } = request
    if (typeof out === 'string') {
      native().writePicture(out, picture, list.filter(isText), force === true)
    }
    return picture
  } catch (thrown) {
    throw fromNative(thrown)
  }
}

/** The possible arguments of `inspect`. */
export type Network = Preset | Path | Architecture

/** The path of a file as text, also for a model that is given by a name; anything else unchanged. */
function textOf(subject: string, target: Network): string | Architecture {
  if (isModel(target)) {
    const advice = 'give its architecture (model.architecture) or its file'
    throw new SampleCnnError('ERR_INVALID_OPTION', `${subject} must not be a Model: ${advice}`)
  }
  if (typeof target === 'string' && namesModel(target)) return modelFileAtOnce(target)
  return isPath(target) && typeof target !== 'string' ? absoluteText(subject, target) : target
}

/** Whether `target` names a model: the names of presets come first. */
function namesModel(target: string): boolean {
  if (hubName(target) !== undefined || target === defaultModel) return true
  return isPackageName(target) && !isPreset(target) && folderOf(target, packagePlaces()) !== undefined
}

/** Whether the name `target` describes a network. */
function isPreset(target: string): boolean {
  try {
    native().inspect(target)
    return true
  } catch {
    return false
  }
}

function isText(target: string | Architecture): target is string {
  return typeof target === 'string'
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value)
}

function inspection(target: string | Architecture): Inspection {
  const file =
    typeof target === 'string' && isArchitectureFile(target) ? absoluteText('inspect: target', target) : undefined
  // Pass the original text, so that a position in a message is a position in the file.
  const asked = file === undefined ? target : readArchitectureText(file)
  try {
    const found = JSON.parse(native().inspect(typeof asked === 'string' ? asked : JSON.stringify(asked))) as Inspection
    return file === undefined ? found : { ...found, name: file }
  } catch (thrown) {
    const error = fromNative(thrown)
    if (file === undefined) throw error
    throw new SampleCnnError(error.code, `${file}: ${error.message}`, { cause: error, file })
  }
}
