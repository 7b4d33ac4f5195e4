import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import test from 'ava'

import { hubSettings } from '../../src/model-sources/hub-settings.js'
import { emptyFolder } from '../support/folder.js'

test('without variables the settings are those of huggingface_hub', t => {
  const { endpoint, cache, offline, patience } = hubSettings({})
  t.is(endpoint, 'https://huggingface.co')
  t.is(cache, join(homedir(), '.cache', 'huggingface', 'hub'))
  t.false(offline)
  t.is(patience, 10_000)
})

test('the folder of the cache comes from the most specific variable', t => {
  t.is(hubSettings({ XDG_CACHE_HOME: '/x' }).cache, '/x/huggingface/hub')
  t.is(hubSettings({ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }).cache, '/h/hub')
  t.is(hubSettings({ HF_HOME: '/h', HF_HUB_CACHE: '/c' }).cache, '/c')
  t.is(hubSettings({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }).cache, '/old')
  t.is(hubSettings({ HF_HUB_CACHE: '~/models' }).cache, join(homedir(), 'models'))
  t.is(hubSettings({ HF_HOME: '/h', HF_HUB_CACHE: '' }).cache, '/h/hub', 'an empty variable counts as not set')
})

test('the token comes from the variable, or else from the file', t => {
  const home = emptyFolder(t)
  const tokenOf = (environment: Record<string, string>): string | undefined =>
    hubSettings({ HF_HOME: home, ...environment }).token
  t.is(tokenOf({}), undefined)
  writeFileSync(join(home, 'token'), 'hf_file\n')
  t.is(tokenOf({}), 'hf_file')
  t.is(tokenOf({ HF_TOKEN: ' hf_variable\n' }), 'hf_variable')
  t.is(tokenOf({ HUGGING_FACE_HUB_TOKEN: 'hf_old' }), 'hf_old')
  t.is(tokenOf({ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }), undefined)
  mkdirSync(join(home, 'other'))
  writeFileSync(join(home, 'other', 'name'), 'hf_other')
  t.is(tokenOf({ HF_TOKEN_PATH: join(home, 'other', 'name') }), 'hf_other')
})

test('offline is set by 1, on, yes and true', t => {
  for (const text of ['1', 'ON', 'Yes', 'true']) t.true(hubSettings({ HF_HUB_OFFLINE: text }).offline, text)
  for (const text of ['', '0', 'off', 'false']) t.false(hubSettings({ HF_HUB_OFFLINE: text }).offline, text)
})

test('the address of the hub has no slash at the end', t => {
  t.is(hubSettings({ HF_ENDPOINT: 'http://mirror.example/hub/' }).endpoint, 'http://mirror.example/hub')
})

test('a variable that cannot be used is named, and a token is never shown', t => {
  for (const [name, text] of [
    ['HF_ENDPOINT', 'mirror.example'],
    ['HF_ENDPOINT', 'ftp://mirror.example'],
    ['HF_HUB_DOWNLOAD_TIMEOUT', 'soon'],
    ['HF_HUB_DOWNLOAD_TIMEOUT', '-1'],
  ] as const) {
    t.throws(() => hubSettings({ [name]: text }), {
      code: 'ERR_INVALID_OPTION',
      message: new RegExp(`^${name} must be .*received "${text}"`),
    })
  }
  const error = t.throws(() => hubSettings({ HF_TOKEN: 'hf_with space' }), { code: 'ERR_INVALID_OPTION' })
  t.false(error.message.includes('space"'))
  t.regex(error.message, /^HF_TOKEN must be an access token/)
})
