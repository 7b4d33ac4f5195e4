import test from 'ava'

import { explainLoadFailure, type Machine } from '../src/load-failure.js'
import { script } from './support/child.js'

const linux: Machine = { platform: 'linux', arch: 'x64', node: 'v20.19.0', glibc: '2.36', place: 'package', env: {} }

/** The error of the generated loader: its own summary, with the reasons as a chain of causes. */
function failure(...reasons: string[]): Error {
  const cause = reasons.reduceRight<Error | undefined>(
    (inner, reason) => new Error(reason, { cause: inner }),
    undefined,
  )
  return new Error('Cannot find native binding. npm has a bug related to optional dependencies', { cause })
}

const missing = "Cannot find module '@samplecnn/native-linux-x64-gnu'\nRequire stack:\n- /a/native.cjs"

for (const [name, thrown, machine, expected] of [
  [
    'a package that is not installed',
    failure(missing),
    linux,
    /@samplecnn\/native-linux-x64-gnu is not installed.*--os=linux --cpu=x64 --libc=glibc/s,
  ],
  [
    'musl',
    failure(missing),
    { ...linux, glibc: undefined },
    /linux-x64-musl, Node.*no package for linux-x64-musl; there is one for linux-x64-gnu.*Build from source/s,
  ],
  [
    'a bundle that lost the addon',
    failure('Cannot find module #native'),
    { ...linux, place: 'bundle' },
    /copied into a bundle.*serverExternalPackages.*--external:samplecnn/s,
  ],
  [
    'a process that may not load addons',
    failure('Cannot load native addon because loading addons is disabled.', missing),
    { ...linux, place: 'checkout' },
    /may not load addons.*without --no-addons.*--allow-addons/s,
  ],
  ['a checkout that is not built', failure(missing), { ...linux, place: 'checkout' }, /npm run build/],
  [
    'a platform without a package',
    failure(missing),
    { ...linux, arch: 'ppc64' },
    /no package for linux-ppc64-gnu.*Build from source/s,
  ],
  [
    'a glibc that is too old',
    failure("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.39' not found (required by /a.node)"),
    linux,
    /needs glibc 2\.39, this system has 2\.36/,
  ],
  [
    'an addon of another machine',
    failure('/a.node: invalid ELF header'),
    linux,
    /for another machine, for example because node_modules was copied/,
  ],
  ['a Node that is too old', failure('/a.node: undefined symbol: napi_get_foo'), linux, /needs Node 20\.19/],
  [
    'a variable that names a wrong file',
    failure('no such file'),
    { ...linux, env: { NAPI_RS_NATIVE_LIBRARY_PATH: '/x.node' } },
    /NAPI_RS_NATIVE_LIBRARY_PATH names \/x\.node/,
  ],
] as const) {
  test(`${name} is explained`, t => {
    const text = explainLoadFailure(thrown, machine)
    t.regex(text, expected)
    t.notRegex(text, /npm has a bug/, 'the summary that blames npm is left out')
  })
}

test('the explanation contains the machine, Node, libc and each reason once', t => {
  const text = explainLoadFailure(failure(missing, 'second', 'second'), linux)
  t.regex(text, /machine: linux-x64-gnu, glibc 2\.36, Node v20\.19\.0/)
  t.is(text.match(/reason: /g)?.length, 2)
  t.notRegex(text, /Require stack/)
})

test('an addon that cannot be loaded gives ERR_NATIVE_LOAD at the first call, not at the import', async t => {
  const { stdout } = await script(
    `import { inspect } from 'samplecnn'
     try { inspect('3^9') } catch (error) { console.log(error.code, error.message) }`,
    { NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere/samplecnn.node', NAPI_RS_FORCE_WASI: 'error' },
  )
  t.regex(stdout, /^ERR_NATIVE_LOAD the native part of samplecnn could not be loaded/)
})
