import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import test from 'ava'

import { hubName, isPackageName } from '../../src/model-sources/name.js'
import { emptyFolder } from '../support/folder.js'

test('a name of the hub has a repository, and optionally a file, a revision and a hash', t => {
  const whole = { repository: 'user/repo', file: 'model.safetensors', revision: 'main', sha256: undefined }
  const hash = '0123456789abcdef'.repeat(4)
  for (const [text, parts] of [
    ['hf:user/repo', {}],
    ['hf:user/repo/best.safetensors', { file: 'best.safetensors' }],
    ['hf:user/repo/a/b c/net.safetensors', { file: 'a/b c/net.safetensors' }],
    ['hf:user/repo@v1.0', { revision: 'v1.0' }],
    ['hf:user/repo@refs/pr/1', { revision: 'refs/pr/1' }],
    ['hf:user/repo/net.safetensors@v1', { file: 'net.safetensors', revision: 'v1' }],
    [`hf:user/repo#sha256=${hash}`, { sha256: hash }],
    [
      `hf:user/repo/x.safetensors@v1#sha256=${hash.toUpperCase()}`,
      { file: 'x.safetensors', revision: 'v1', sha256: hash },
    ],
    ['hf:some.user/my_repo-2.0', { repository: 'some.user/my_repo-2.0' }],
  ] as const) {
    t.deepEqual(hubName(text), { ...whole, ...parts }, text)
  }
})

test('a name that is malformed or that would leave the folder of the repository is refused', t => {
  for (const text of [
    'hf:',
    'hf:repo',
    'hf:/repo',
    'hf:user/',
    'hf:user/repo/',
    'hf:user/repo@',
    'hf:user/repo//net.safetensors',
    'hf:../repo',
    'hf:user/..',
    'hf:user/re--po',
    'hf:user/repo/../../secret',
    'hf:user/repo/./net.safetensors',
    'hf:user/repo@../../main',
    'hf:user/repo@/main',
    String.raw`hf:user/repo/..\net.safetensors`,
    'hf:user/repo/net\n.safetensors',
    'hf:user/repo#sha256=12',
    'hf:user/repo#md5=12',
    'HF:user/repo',
    'https://huggingface.co/user/repo',
  ]) {
    t.is(hubName(text), undefined, text)
  }
})

test('a text is the name of a package unless it looks like a path or is a file', t => {
  for (const text of ['samplecnn-model', '@me/jazz-tags', 'net', 'a.b']) t.true(isPackageName(text), text)
  for (const text of [
    './net',
    'runs/best',
    '/net',
    'Net',
    'best.safetensors',
    'features.npy',
    '..',
    '',
    '@me',
    'a b',
  ]) {
    t.false(isPackageName(text), text)
  }
  const here = process.cwd()
  process.chdir(emptyFolder(t))
  try {
    writeFileSync('jazz', 'a file')
    mkdirSync('rock')
    t.false(isPackageName('jazz'), 'a file has precedence')
    t.true(isPackageName('rock'), 'a folder is no model')
    t.true(isPackageName(join('pop')))
  } finally {
    process.chdir(here)
  }
})
