import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import test, { type ExecutionContext } from 'ava'

import { cachedHubModel, hubModel } from '../../src/model-sources/hub.js'
import type { HubSettings } from '../../src/model-sources/hub-settings.js'
import { hubName } from '../../src/model-sources/name.js'
import type { ModelEvent } from '../../src/records/index.js'
import { gitHash, sha256, type StubHub, stubHub } from '../support/hub.js'

const content = randomBytes(300_000)

/** Finds the model `text` on `hub`; `settings` replace those of the hub. */
async function find(
  hub: StubHub,
  text = 'hf:user/repo',
  settings: Partial<HubSettings> = {},
  onEvent: (event: ModelEvent) => void = () => {},
  signal?: AbortSignal,
): Promise<string> {
  return await hubModel(text, hubName(text)!, { signal, onEvent }, { ...hub.settings, ...settings })
}

/** A hub with one model file. */
async function modelHub(t: ExecutionContext, name = 'model.safetensors'): Promise<StubHub> {
  return await stubHub(t, { [name]: content })
}

/** The folder of the repository in the cache. */
function folderOf(hub: StubHub): string {
  return join(hub.settings.cache, 'models--user--repo')
}

test('a file is downloaded into the layout of huggingface_hub, and found there again', async t => {
  const hub = await modelHub(t)
  const events: ModelEvent[] = []
  const file = await find(hub, 'hf:user/repo', {}, event => events.push(event))
  const folder = folderOf(hub)
  t.is(file, join(folder, 'snapshots', hub.commit, 'model.safetensors'))
  t.deepEqual(readFileSync(file), content)
  t.is(readlinkSync(file), join('..', '..', 'blobs', sha256(content)))
  t.is(readFileSync(join(folder, 'refs', 'main'), 'utf8'), hub.commit)
  t.deepEqual(readdirSync(join(folder, 'blobs')), [sha256(content)])
  t.like(events[0], { type: 'download', model: 'hf:user/repo', total: content.length })
  t.like(events.at(-1), { bytes: content.length })

  hub.asked.length = 0
  t.is(await find(hub), file)
  t.deepEqual(
    hub.asked.map(({ method }) => method),
    ['HEAD'],
    'the branch is looked up, nothing is downloaded',
  )
})

test('a small file is named and checked by its git hash', async t => {
  const hub = await modelHub(t, 'sub/folder/net 1.safetensors')
  hub.isLarge = false
  const file = await find(hub, 'hf:user/repo/sub/folder/net 1.safetensors')
  t.is(readlinkSync(file), join('..', '..', '..', '..', 'blobs', gitHash(content)))
  t.deepEqual(readFileSync(file), content)

  hub.files['other.safetensors'] = Buffer.from('another model')
  hub.change = () => Buffer.from('anotHer model')
  const error = await t.throwsAsync(find(hub, 'hf:user/repo/other.safetensors'), { code: 'ERR_MODEL_HASH' })
  t.regex(error.message, /git hash/)
})

test('a commit that is in the cache needs no hub; a branch is looked up again', async t => {
  const hub = await modelHub(t)
  const first = hub.commit
  const file = await find(hub, `hf:user/repo@${first}`)
  t.false(existsSync(join(folderOf(hub), 'refs')), 'a commit has no ref')
  hub.asked.length = 0
  t.is(await find(hub, `hf:user/repo@${first}`), file)
  t.deepEqual(hub.asked, [])

  hub.commit = 'b'.repeat(40)
  hub.files['model.safetensors'] = Buffer.from('the second version')
  const second = await find(hub)
  t.is(readFileSync(second, 'utf8'), 'the second version')
  t.is(readFileSync(join(folderOf(hub), 'refs', 'main'), 'utf8'), hub.commit)
  t.deepEqual(readFileSync(file), content, 'the file of the first commit stays')
})

test('a revision with slashes and a repository that was renamed are followed', async t => {
  const hub = await modelHub(t)
  const file = await find(hub, 'hf:user/repo@refs/pr/1')
  t.is(readFileSync(join(folderOf(hub), 'refs', 'refs', 'pr', '1'), 'utf8'), hub.commit)
  t.true(existsSync(file))
  const renamed = await find(hub, 'hf:old/name')
  t.true(renamed.includes('models--old--name'))
  t.deepEqual(readFileSync(renamed), content)
})

test('the same content of another commit is not downloaded again', async t => {
  const hub = await modelHub(t)
  await find(hub)
  hub.commit = 'c'.repeat(40)
  hub.asked.length = 0
  const file = await find(hub)
  t.true(file.includes(hub.commit))
  t.is(hub.asked.filter(({ method }) => method === 'GET').length, 0)
})

test('a download that breaks off is continued, within a call and by the next call', async t => {
  const hub = await modelHub(t)
  hub.cutAfter = 100_000
  t.deepEqual(readFileSync(await find(hub)), content)
  const [first, ...others] = hub.asked.filter(({ server }) => server === 'store').map(({ range }) => range)
  t.is(first, undefined)
  // Bytes that arrived just before the end of the connection may be lost.
  const starts = others.map(range => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]))
  t.true(starts.length >= 2 && starts.every((start, index) => start > (starts[index - 1] ?? 0)), String(starts))

  const other = await modelHub(t)
  other.cutAfter = 40_000
  const error = await t.throwsAsync(find(other), { code: 'ERR_NETWORK' })
  const [, arrived = ''] =
    /broke off after (\d+) of 300000 bytes.*run the same again: it continues/.exec(error.message) ?? []
  t.true(Number(arrived) > 0 && Number(arrived) <= 200_000, error.message)
  t.is(readdirSync(join(folderOf(other), 'blobs')).length, 1, 'the part stays')
  t.false(existsSync(join(folderOf(other), 'snapshots')), 'and is no file of the repository')
  other.cutAfter = Infinity
  other.asked.length = 0
  t.deepEqual(readFileSync(await find(other)), content)
  t.is(other.asked.find(({ server }) => server === 'store')?.range, `bytes=${arrived}-`)
  t.deepEqual(readdirSync(join(folderOf(other), 'blobs')), [sha256(content)])
})

test('the part of a process that has ended is continued; that of another machine is not touched', async t => {
  const hub = await modelHub(t)
  const blobs = join(folderOf(hub), 'blobs')
  mkdirSync(blobs, { recursive: true })
  const foreign = join(blobs, `${sha256(content)}.elsewhere.1.incomplete`)
  writeFileSync(foreign, content.subarray(0, 5000))
  const { hostname } = await import('node:os')
  const host = hostname().replaceAll(/[^\w-]/g, '_')
  // No process has this number: it is larger than the largest one of Linux.
  writeFileSync(join(blobs, `${sha256(content)}.${host}.4194305.incomplete`), content.subarray(0, 70_000))
  t.deepEqual(readFileSync(await find(hub)), content)
  t.is(hub.asked.find(({ server }) => server === 'store')?.range, 'bytes=70000-')
  t.true(existsSync(foreign))
})

test('a server that cannot continue sends the whole file', async t => {
  const hub = await modelHub(t)
  hub.hasRanges = false
  hub.cutAfter = 100_000
  await t.throwsAsync(find(hub), { code: 'ERR_NETWORK', message: /broke off/ })
  hub.cutAfter = Infinity
  t.deepEqual(readFileSync(await find(hub)), content)
})

// Serial: other tests would delay the answers.
test.serial('a connection that sends nothing more is given up', async t => {
  const hub = await modelHub(t)
  hub.stallAfter = 1000
  const error = await t.throwsAsync(find(hub, 'hf:user/repo', { patience: 700 }), { code: 'ERR_NETWORK' })
  // On a busy machine the answer itself may be late.
  t.regex(error.message, /no more bytes arrived in time|no answer within 0\.7 s/)
})

test('a file with another hash is refused and deleted; a damaged part is downloaded again', async t => {
  const hub = await modelHub(t)
  hub.change = sent => Buffer.concat([sent.subarray(0, -1), Buffer.from([sent.at(-1)! ^ 1])])
  const error = await t.throwsAsync(find(hub), { code: 'ERR_MODEL_HASH' })
  t.true(error.message.includes(sha256(content)), error.message)
  t.deepEqual(readdirSync(join(folderOf(hub), 'blobs')), [])

  hub.cutAfter = 100_000
  hub.change = sent => Buffer.from(sent.map(byte => byte ^ 1))
  hub.hasRanges = false
  await t.throwsAsync(find(hub), { code: 'ERR_NETWORK' })
  Object.assign(hub, { cutAfter: Infinity, hasRanges: true, change: (sent: Buffer) => sent })
  t.deepEqual(readFileSync(await find(hub)), content)
})

test('a pinned hash is checked before the download, after it, and in the cache', async t => {
  const hub = await modelHub(t)
  const wrong = `hf:user/repo#sha256=${'0'.repeat(64)}`
  const right = `hf:user/repo#sha256=${sha256(content)}`
  const error = await t.throwsAsync(find(hub, wrong), { code: 'ERR_MODEL_HASH' })
  t.true(error.message.includes(sha256(content)), 'the message has the hash of the file')
  t.false(
    hub.asked.some(({ method }) => method === 'GET'),
    'nothing was downloaded',
  )
  const file = await find(hub, right)
  hub.asked.length = 0
  t.is(await find(hub, right), file)
  t.deepEqual(hub.asked, [], 'the pinned file is in the cache: the hub is not asked')
  await t.throwsAsync(find(hub, wrong, { offline: true }), { code: 'ERR_MODEL_HASH' })

  hub.isLarge = false
  hub.files['small.safetensors'] = Buffer.from('a small model')
  const small = `hf:user/repo/small.safetensors#sha256=`
  await t.throwsAsync(find(hub, small + sha256(content)), { code: 'ERR_MODEL_HASH' })
  t.is(readFileSync(await find(hub, small + sha256(Buffer.from('a small model'))), 'utf8'), 'a small model')
})

test('a damaged file of a pinned model is downloaded again', async t => {
  const hub = await modelHub(t)
  const pinned = `hf:user/repo#sha256=${sha256(content)}`
  const file = await find(hub, pinned)
  writeFileSync(join(folderOf(hub), 'blobs', sha256(content)), 'damaged')
  t.is(await find(hub, pinned), file)
  t.deepEqual(readFileSync(file), content)
})

test('an answer for another commit than the one that was asked for is refused', async t => {
  const hub = await modelHub(t)
  const asked = 'e'.repeat(40)
  hub.revisions.push(asked)
  const error = await t.throwsAsync(find(hub, `hf:user/repo@${asked}`), { code: 'ERR_NETWORK' })
  t.regex(error.message, /answered with the commit/)
})

test('the token goes to the hub and never to another host', async t => {
  const hub = await modelHub(t)
  hub.token = 'hf_secret'
  await find(hub, 'hf:user/repo', { token: 'hf_secret' })
  t.deepEqual(
    hub.asked.map(({ server, token }) => [server, token]),
    [
      ['hub', 'Bearer hf_secret'],
      ['hub', 'Bearer hf_secret'],
      ['store', undefined],
    ],
  )
})

test('what the hub refuses has a code and says what to do', async t => {
  const hub = await modelHub(t)
  for (const [text, settings, code, message] of [
    ['hf:user/nothing', {}, 'ERR_MODEL_NOT_FOUND', /no repository user\/nothing.*HF_TOKEN/],
    ['hf:user/nothing', { token: 't' }, 'ERR_MODEL_NOT_FOUND', /token of an account that may read it/],
    ['hf:user/repo/none.safetensors', {}, 'ERR_MODEL_NOT_FOUND', /no file none\.safetensors in user\/repo at main/],
    ['hf:user/repo@v9', {}, 'ERR_MODEL_NOT_FOUND', /no revision v9/],
  ] as const) {
    await t.throwsAsync(find(hub, text, settings), { code, message })
  }
  hub.token = 'hf_secret'
  await t.throwsAsync(find(hub), { code: 'ERR_MODEL_ACCESS', message: /401.*set HF_TOKEN/ })
  const denied = await t.throwsAsync(find(hub, 'hf:user/repo', { token: 'hf_wrong' }), { code: 'ERR_MODEL_ACCESS' })
  t.regex(denied.message, /the token in HF_TOKEN or in the token file is not valid/)
  t.false(denied.message.includes('hf_wrong'))
  for (const [refusal, code, message] of [
    [[403, 'GatedRepo'], 'ERR_MODEL_ACCESS', /accepted its terms: accept them at http/],
    [[403], 'ERR_MODEL_ACCESS', /403/],
    [[404], 'ERR_MODEL_NOT_FOUND', /no file model\.safetensors/],
    [[429], 'ERR_NETWORK', /429.*wait/],
    [[500], 'ERR_NETWORK', /500.*later/],
    [[200], 'ERR_NETWORK', /does not answer like a model hub: check HF_ENDPOINT/],
  ] as const) {
    hub.refusal = refusal
    await t.throwsAsync(find(hub), { code, message }, String(refusal))
  }
  t.false(existsSync(hub.settings.cache), 'nothing was written')
})

test('without a network the file of the last download is used, with a warning', async t => {
  const hub = await modelHub(t)
  await hub.stop()
  const error = await t.throwsAsync(find(hub), { code: 'ERR_NETWORK' })
  t.regex(error.message, /cannot reach the model hub 127\.0\.0\.1:\d+: .*ECONNREFUSED.*check the network/)

  const other = await modelHub(t)
  const file = await find(other)
  await other.stop()
  const events: ModelEvent[] = []
  t.is(await find(other, 'hf:user/repo', {}, event => events.push(event)), file)
  t.like(events, [{ type: 'warning', code: 'hub-not-reached' }])
  t.is(events.length, 1)
})

test('offline, the cache is used and nothing is asked', async t => {
  const hub = await modelHub(t)
  const error = await t.throwsAsync(find(hub, 'hf:user/repo', { offline: true }), { code: 'ERR_MODEL_NOT_FOUND' })
  t.regex(error.message, /HF_HUB_OFFLINE is set: unset/)
  t.throws(() => cachedHubModel('hf:user/repo', hubName('hf:user/repo')!, hub.settings), {
    code: 'ERR_MODEL_NOT_FOUND',
    message: /await resolveModel\('hf:user\/repo'\)/,
  })
  const file = await find(hub)
  hub.asked.length = 0
  t.is(await find(hub, 'hf:user/repo', { offline: true }), file)
  t.is(cachedHubModel('hf:user/repo', hubName('hf:user/repo')!, hub.settings), file)
  t.deepEqual(hub.asked, [])
})

test('a cache that another program filled is used', async t => {
  const hub = await modelHub(t)
  const folder = folderOf(hub)
  const commit = 'd'.repeat(40)
  const file = join(folder, 'snapshots', commit, 'model.safetensors')
  mkdirSync(dirname(file), { recursive: true })
  mkdirSync(join(folder, 'refs'))
  writeFileSync(file, content)
  writeFileSync(join(folder, 'refs', 'main'), commit)
  t.is(await find(hub, 'hf:user/repo', { offline: true }), file)
})

test('a signal stops a download, and two calls share one', async t => {
  const hub = await modelHub(t)
  const downloads = await Promise.all([find(hub), find(hub), find(hub)])
  t.is(new Set(downloads).size, 1)
  t.is(hub.asked.filter(({ server }) => server === 'store').length, 1)

  const other = await modelHub(t)
  other.stallAfter = 1000
  const stop = new AbortController()
  const onEvent = (event: ModelEvent): void => {
    if (event.type === 'download') setTimeout(() => stop.abort(new Error('enough')), 50)
  }
  await t.throwsAsync(find(other, 'hf:user/repo', {}, onEvent, stop.signal), { message: 'enough' })
  await t.throwsAsync(find(other, 'hf:user/repo', {}, onEvent, stop.signal), { message: 'enough' })
  const early = await modelHub(t)
  const at = new AbortController()
  const inEvent = find(early, 'hf:user/repo', {}, () => at.abort(new Error('at once')), at.signal)
  await t.throwsAsync(inEvent, { message: 'at once' })
  t.is(early.asked.filter(({ method }) => method === 'GET').length, 0, 'nothing is downloaded after the abort')
  const failing = await modelHub(t)
  const broken = find(failing, 'hf:user/repo', {}, () => {
    throw new Error('the callback failed')
  })
  await t.throwsAsync(broken, { message: 'the callback failed' })
})

test('a cache that cannot be written is an error that names it', async t => {
  const hub = await modelHub(t)
  writeFileSync(join(dirname(hub.settings.cache), 'hub'), 'a file')
  const error = await t.throwsAsync(find(hub), { code: 'ERR_OUTPUT' })
  t.regex(error.message, /cannot write to the cache of the hub.*set HF_HUB_CACHE/)
  if (process.getuid?.() === 0) return
  const other = await modelHub(t)
  mkdirSync(other.settings.cache)
  chmodSync(other.settings.cache, 0o500)
  await t.throwsAsync(find(other), { code: 'ERR_OUTPUT' })
})
