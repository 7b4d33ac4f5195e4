/** The settings of the Hugging Face hub: the environment variables that huggingface_hub reads, with its defaults. */

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { SampleCnnError } from '../error.js'

/** The settings. */
export interface HubSettings {
  /** The address of the hub, without a slash at the end. */
  readonly endpoint: string
  /** The folder of the cache. */
  readonly cache: string
  /** The access token; undefined if there is none. */
  readonly token: string | undefined
  /** Whether the hub is not asked. */
  readonly offline: boolean
  /** Milliseconds to wait for an answer, and for the next bytes of a download. */
  readonly patience: number
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The settings in `environment`.
 *
 * @throws {SampleCnnError} `ERR_INVALID_OPTION` for a variable that cannot be used.
 */
export function hubSettings(environment: Environment = process.env): HubSettings {
  const value = (...names: readonly string[]): string | undefined =>
    names.map(name => environment[name]).find(text => text !== undefined && text !== '')
  const home = folder(value('HF_HOME') ?? join(value('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface'))
  return {
    endpoint: endpointOf(value('HF_ENDPOINT') ?? 'https://huggingface.co'),
    cache: folder(value('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    token: isOn(value('HF_HUB_DISABLE_IMPLICIT_TOKEN'))
      ? undefined
      : tokenOf(value('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'), folder(value('HF_TOKEN_PATH') ?? join(home, 'token'))),
    offline: isOn(value('HF_HUB_OFFLINE')),
    patience: 1000 * secondsOf(value('HF_HUB_DOWNLOAD_TIMEOUT')),
  }
}

/** The absolute path of a folder that may begin with `~`. */
function folder(text: string): string {
  return resolve(text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text)
}

function isOn(text: string | undefined): boolean {
  return ['1', 'on', 'yes', 'true'].includes(text?.toLowerCase() ?? '')
}

function secondsOf(text: string | undefined): number {
  const seconds = Number(text ?? 10)
  if (seconds > 0 && seconds <= 3600) return seconds
  throw invalid('HF_HUB_DOWNLOAD_TIMEOUT must be a number of seconds from 0 to 3600', text ?? '')
}

function endpointOf(text: string): string {
  const trimmed = text.replace(/\/+$/, '')
  if (/^https?:\/\/[^/]/.test(trimmed) && URL.canParse(trimmed)) return trimmed
  throw invalid('HF_ENDPOINT must be the address of a hub, such as https://huggingface.co', text)
}

/** The token `text`, or else the one in the file `path`, which `hf auth login` writes. */
function tokenOf(text: string | undefined, path: string): string | undefined {
  const token = (text ?? contentOf(path)).replaceAll(/[\r\n]/g, '').trim()
  if (/^[!-~]*$/.test(token)) return token === '' ? undefined : token
  // The token is not shown: messages end up in logs.
  const where = text === undefined ? `the file ${path}` : 'HF_TOKEN'
  throw new SampleCnnError('ERR_INVALID_OPTION', `${where} must be an access token of the hub, without spaces`)
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function invalid(what: string, text: string): SampleCnnError {
  return new SampleCnnError('ERR_INVALID_OPTION', `${what}, received "${text}": correct the environment variable`)
}
