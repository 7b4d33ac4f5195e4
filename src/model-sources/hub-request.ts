/** Requests to the Hugging Face hub, and what its answers mean. */

import { SampleCnnError } from '../error.js'
import { throwIfAborted } from '../signals.js'
import type { HubSettings } from './hub-settings.js'
import type { HubName } from './name.js'

/** Largest number of redirects that are followed. */
const REDIRECTS = 10

/** An answer of the hub, whose body has not been read. */
export interface Answer {
  readonly response: Response
  /** Ends the request if nothing arrives in time; called again before each part of the body is awaited. */
  readonly wait: () => void
  /** Ends the request; a connection whose answer was not read to its end is closed. */
  readonly end: (isRead: boolean) => void
}

/** The address of the file `name`. */
export function addressOf({ endpoint }: HubSettings, { repository, file, revision }: HubName): string {
  const path = file.split('/').map(encodeURIComponent).join('/')
  return `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${path}`
}

/**
 * Sends a request for the file `name`. The token is sent to the hub only: a redirect to another host does not get it.
 * `HEAD` follows redirects within the hub, `GET` all redirects.
 *
 * @throws {SampleCnnError} `ERR_NETWORK`; the reason of `signal`.
 */
export async function ask(
  method: 'HEAD' | 'GET',
  name: HubName,
  settings: HubSettings,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  throwIfAborted(signal)
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  const hub = new URL(settings.endpoint)
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    clearTimeout(timer)
    timer = setTimeout(abort, settings.patience)
  }
  const end = (isRead: boolean): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    if (!isRead) stop.abort()
  }
  signal?.addEventListener('abort', abort)
  try {
    let address = new URL(addressOf(settings, name))
    for (let redirects = 0; redirects <= REDIRECTS; redirects += 1) {
      wait()
      const isHub = address.origin === hub.origin
      const response = await send(address, {
        method,
        redirect: 'manual',
        signal: stop.signal,
        headers: {
          ...headers,
          'accept-encoding': 'identity',
          'user-agent': 'samplecnn',
          ...(isHub && settings.token !== undefined && { authorization: `Bearer ${settings.token}` }),
        },
      })
      const next = redirectOf(response, address)
      // A redirect to the store of large files has the facts of the file too.
      const isAnswer = method === 'HEAD' && (next?.origin !== hub.origin || response.headers.has('x-linked-etag'))
      if (next === undefined || isAnswer) return { response, wait, end }
      await response.body?.cancel()
      address = next
    }
    throw new SampleCnnError('ERR_NETWORK', `${hub.host} redirects ${address.href} in a circle: check HF_ENDPOINT`)
  } catch (cause) {
    const isLate = stop.signal.aborted
    end(false)
    if (cause instanceof SampleCnnError) throw cause
    if (signal?.aborted) throw signal.reason
    throw unreachable(hub.host, isLate ? `no answer within ${settings.patience / 1000} s` : reasonOf(cause), cause)
  }
}

/** Sends a request; a second time if the server closed the connection, which was open from an earlier request. */
async function send(address: URL, request: RequestInit): Promise<Response> {
  try {
    return await fetch(address, request)
  } catch (thrown) {
    const { code = '' } = ((thrown as Error).cause ?? {}) as NodeJS.ErrnoException
    if (!['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code)) throw thrown
    return await fetch(address, request)
  }
}

/** The error for a hub that does not answer. */
function unreachable(host: string, why: string, cause: unknown): SampleCnnError {
  return new SampleCnnError(
    'ERR_NETWORK',
    `cannot reach the model hub ${host}: ${why}; check the network and HF_ENDPOINT, then run the same again`,
    { cause },
  )
}

/** The reason of a failed request: that of the system says more than "fetch failed". */
export function reasonOf(thrown: unknown): string {
  const { cause, message } = thrown as Error
  if (!(cause instanceof Error)) return message
  const { code } = cause as NodeJS.ErrnoException
  return cause.message === '' ? (code ?? message) : cause.message
}

/** The address to which an answer redirects; undefined for any other answer. */
function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location')
  if (location === null || ![301, 302, 303, 307, 308].includes(status) || !URL.canParse(location, from.href)) {
    return undefined
  }
  const next = new URL(location, from)
  return next.protocol === 'https:' || next.protocol === from.protocol ? next : undefined
}

/**
 * Throws the error for an answer to `method` that is not a file. The hub answers `HEAD` for a large file with a redirect
 * that has the facts of the file.
 *
 * @throws {SampleCnnError} `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_ACCESS`, `ERR_NETWORK`.
 */
export function checkAnswer(
  method: 'HEAD' | 'GET',
  { status, headers }: Response,
  name: HubName,
  settings: HubSettings,
): void {
  const hasFacts = method === 'HEAD' && status < 400 && headers.has('x-linked-etag')
  if (status === 200 || status === 206 || hasFacts) return
  const { repository, file, revision } = name
  const { host } = new URL(settings.endpoint)
  const told = headers.get('x-error-code')
  const page = `${settings.endpoint}/${repository}`
  const missing = (what: string): SampleCnnError => new SampleCnnError('ERR_MODEL_NOT_FOUND', `${host} has no ${what}`)
  const refused = (what: string): SampleCnnError => new SampleCnnError('ERR_MODEL_ACCESS', `${host} ${what}`)
  const login = 'set HF_TOKEN to an access token of the hub'
  if (told === 'RepoNotFound') {
    const advice = settings.token === undefined ? login : 'use a token of an account that may read it'
    throw missing(`repository ${repository}: check the name; if it is private, ${advice}`)
  }
  if (told === 'GatedRepo') {
    throw refused(`gives ${repository} only to those who accepted its terms: accept them at ${page}, then ${login}`)
  }
  if (told === 'RevisionNotFound') {
    throw missing(`revision ${revision} of ${repository}: see the branches and tags at ${page}/tree/main`)
  }
  if (status === 401) {
    const why = settings.token === undefined ? login : 'the token in HF_TOKEN or in the token file is not valid'
    throw refused(`asks for a login for ${repository} (status 401): ${why}`)
  }
  if (status === 403) {
    throw refused(`denies access to ${repository} (status 403): use a token of an account that may read ${page}`)
  }
  if (status === 404) {
    throw missing(`file ${file} in ${repository} at ${revision}: see the files at ${page}/tree/${revision}`)
  }
  const advice =
    status === 429 ? 'wait some minutes, or set HF_TOKEN, then run the same again' : 'run the same again later'
  throw new SampleCnnError('ERR_NETWORK', `${host} answered with status ${status} for ${repository}/${file}: ${advice}`)
}
