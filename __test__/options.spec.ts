import { resolve } from 'node:path'

import test from 'ava'

import { SampleCnnError } from '../src/error.js'
import { experiment } from '../src/options/experiment.js'
import { defaultOf, flagName, flagsOf, optionsFrom } from '../src/options/flags.js'
import { importModel } from '../src/options/import.js'
import { kinds } from '../src/options/kinds.js'
import { tagSamples } from '../src/options/model.js'
import { prepare } from '../src/options/prepare.js'
import { suggest } from '../src/options/suggest.js'
import type { Verb } from '../src/options/table.js'
import { tag } from '../src/options/tag.js'
import { train } from '../src/options/train.js'
import { check, validate } from '../src/options/validate.js'
import { commands, methods } from '../src/options/verbs.js'

const dataset = { kind: 'mtat', root: 'MagnaTagATune' } as const
const verbs: readonly Verb[] = [...Object.values(commands), ...methods]

/** The error message for `options`. */
function refusal(verb: Verb, options: unknown): string {
  try {
    validate(verb, options)
  } catch (error) {
    if (error instanceof SampleCnnError && error.code === 'ERR_INVALID_OPTION') return error.message
    throw error
  }
  return 'accepted'
}

test('a misspelt option is refused with a suggestion', t => {
  t.is(
    refusal(train, { dataset, out: 'r', batchsize: 3 }),
    'train: unknown option "batchsize"; did you mean "batchSize"?',
  )
  t.is(refusal(tag, { model: 'm', treshold: 0.5 }), 'tag: unknown option "treshold"; did you mean "threshold"?')
  t.regex(refusal(tag, { model: 'm', zzz: 1 }), /the options are model, top, threshold/)
})

test('a value is refused with the value received and what was expected', t => {
  for (const [options, message] of [
    [{ batchSize: 0 }, 'batchSize must be a whole number from 1 to 4096, received 0'],
    [{ batchSize: 2.5 }, 'batchSize must be a whole number from 1 to 4096, received 2.5'],
    [{ batchSize: '23' }, "batchSize must be a whole number from 1 to 4096, received '23'"],
    [{ batchSize: 1e9 }, 'batchSize must be a whole number from 1 to 4096, received 1000000000'],
    [{ threads: 1025 }, 'threads must be a whole number from 1 to 1024, received 1025'],
    [{ momentum: 1 }, 'momentum must be a number from 0 to below 1, received 1'],
    [{ learningRates: [0.1, 0] }, 'learningRates must be a list of numbers above 0, received [ 0.1, 0 ]'],
    [{ clipSeconds: 0 }, 'clipSeconds must be a number above 0, received 0'],
    [{ resume: true, force: true }, 'resume and force exclude each other: leave out one of them'],
    [{ momentum: 2 }, 'momentum must be a number from 0 to below 1, received 2'],
    [{ momentum: Number.NaN }, 'momentum must be a number from 0 to below 1, received NaN'],
    [{ learningRates: [] }, 'learningRates must be a list of numbers above 0, received []'],
    [
      { optimiser: 'adm' },
      'optimiser must be one of "sgd-nesterov", "adam", "adamw", received \'adm\'; did you mean "adam"?',
    ],
    [{ labelSmoothing: 1 }, 'labelSmoothing must be a number from 0 to below 1, received 1'],
    [
      { classWeights: { rock: 0 } },
      'classWeights must be "balanced" or an object with a number above 0 for each tag, such as { rock: 2 }, ' +
        'received { rock: 0 }',
    ],
    [{ warmupEpochs: 1, warmupUpdates: 2 }, 'warmupEpochs and warmupUpdates exclude each other: leave out one of them'],
    [{ device: 'gpu' }, 'device must be "auto", "cpu", "cuda" or "cuda:N", received \'gpu\''],
    [
      { task: 'multilabel' },
      'task must be one of "multi-label", "single-label", received \'multilabel\'; did you mean "multi-label"?',
    ],
    [{ precision: 'int8' }, 'precision must be one of "f32", "tf32", "bf16", received \'int8\''],
    [{ resume: 'yes' }, "resume must be true or false, received 'yes'"],
    [{ segments: 0 }, 'segments must be "all", a whole number from 1, or "overlapping:N", received 0'],
    [{ dataset: { kind: 'mtat' } }, /^train: dataset must be { kind: "mtat".* received { kind: 'mtat' }/],
    [{ dataset: { kind: 'mtta', root: 'x' } }, /^train: dataset must be .*"mtat" or "gtzan".* received { kind: 'mtta'/],
    [{ dataset: { kind: 'folders', root: 'F', lists: 'L' } }, /^train: dataset must be .* received .*lists: 'L'/],
    [{ dataset: { ...dataset, split: 'kiast' } }, /split \(mtat: kaist, tagged, tae-jun, pons; .* received .*'kiast'/],
    [{ dataset: { kind: 'folders', root: 'F', split: 'kaist' } }, /^train: dataset must be/],
    [{ dataset: { kind: 'manifest', path: 'a.csv', root: 'x' } }, /^train: dataset must be/],
    [{ dataset: { ...dataset, topTags: 0 } }, /^train: dataset must be .* received .*topTags: 0/],
    [{ dataset: { ...dataset, mergeTags: [''] } }, /^train: dataset must be/],
    [{ dataset: { kind: 'jamendo', root: 'J', split: '0' } }, /jamendo: 0, 1, 2, 3, 4.* received/],
    [{ dataset: { kind: 'manifest', path: 'a.jsonl', positiveFrom: 0 } }, /positiveFrom: a number above 0 to 1/],
    [{ dataset: { ...dataset, positiveFrom: 0.5 } }, /^train: dataset must be/],
    [{ freeze: 2 }, /^train: freeze needs from: part that keeps/],
    [{ from: 'm', freeze: 'all' }, 'freeze must be "all-but-head" or a whole number from 1, received \'all\''],
    [{ from: 'm', freeze: 0 }, 'freeze must be "all-but-head" or a whole number from 1, received 0'],
    [{ from: 'm', frozenNorms: 'updated' }, /^train: frozenNorms needs freeze/],
    [{ fixedNorms: true }, /^train: fixedNorms needs from/],
    [{ layerDecay: 1.5 }, 'layerDecay must be a number above 0 to 1, received 1.5'],
    [{ dataset: { kind: 'constructor' } }, /^train: dataset must be/],
    [{ out: null }, 'out must be a path, received null'],
    [{ onEvent: 3 }, 'onEvent must be a function, received 3'],
    [{ signal: {} }, 'signal must be an AbortSignal, received {}'],
  ] as const) {
    const received = refusal(train, { dataset, out: 'r', ...options })
    if (typeof message === 'string') t.is(received, `train: ${message}`)
    else t.regex(received, message)
  }
})

test('options that exclude each other or lack a needed option are refused', t => {
  const refused = (options: object): string => refusal(tag, { model: 'm', ...options })
  t.is(refused({ all: true, top: 3 }), 'tag: all and top exclude each other: leave out one of them')
  t.is(refused({ all: true, threshold: 0 }), 'tag: all and threshold exclude each other: leave out one of them')
  t.is(refused({ all: false, top: 3 }), 'accepted')
  t.is(refused({ all: true, top: undefined }), 'accepted')
  t.regex(refused({ nullSeparated: true }), /^tag: nullSeparated needs filesFrom/)
  t.is(refused({ nullSeparated: true, filesFrom: '-' }), 'accepted')
  t.regex(refused({ retryFailed: true }), /^tag: retryFailed needs out/)
  t.regex(refusal(importModel, { tags: ['a'], tagOrder: 'mtat' }), /^Model.import: tags and tagOrder exclude/)
})

test('sampling rates have the same range everywhere', t => {
  for (const [verb, options] of [
    [prepare, { dataset, samplingRate: 99 }],
    [importModel, { samplingRate: 768_001 }],
    [tagSamples, { samplingRate: 0 }],
    [experiment, { dataset, out: 'r', rates: [50] }],
  ] as const) {
    t.regex(refusal(verb, options), /whole numbers? from 100 to 768000, received/, verb.name)
  }
  t.regex(refusal(experiment, { dataset, out: 'r', rates: [8000.5] }), /rates must be a list of whole numbers/)
})

test('the suffix of an output selects the format, and other suffixes are refused', t => {
  for (const out of ['a.jsonl', 'a.NDJSON', 'a.csv']) t.is(refusal(tag, { model: 'm', out }), 'accepted')
  for (const out of ['a.json', 'a', '-', 'csv']) {
    t.is(
      refusal(tag, { model: 'm', out }),
      `tag: out must be a path that ends in .jsonl, .ndjson or .csv, received '${out}'`,
    )
  }
})

test('an architecture that JSON cannot represent is refused', t => {
  const circular: { self?: object } = {}
  circular.self = circular
  t.regex(refusal(train, { dataset, out: 'r', architecture: circular }), /architecture must be a preset/)
})

test('a missing required option is reported with its help', t => {
  t.is(refusal(train, { dataset }), 'train: out is missing: the run folder')
  t.regex(refusal(train, 3), /the options must be an object, received 3/)
})

test('defaults are filled in and paths made absolute', t => {
  const { request } = validate(train, { dataset, out: 'runs/a' })
  t.is(request['out'], resolve('runs/a'))
  t.deepEqual(request['dataset'], { kind: 'mtat', root: resolve('MagnaTagATune') })
  const { request: split } = validate(train, { dataset: { ...dataset, split: 'tagged' }, out: 'r' })
  t.deepEqual(
    split['dataset'],
    { kind: 'mtat', root: resolve('MagnaTagATune'), split: 'tagged' },
    'a split is not a path',
  )
  t.is(request['protocol'], 'kaist-2018')
  t.false('batchSize' in request, 'a protocol may set it: Rust must know whether it was given')
  t.is(request['device'], 'auto')
  t.is(request['precision'], 'f32')
  t.false('epochs' in request, 'what has no default is left out')
  t.false('json' in request, 'flags of the command line only are not options of the API')
  t.is(validate(tag, { model: 'm', filesFrom: '-' }).request['filesFrom'], '-', 'a lone dash is a stream')
})

test('undefined means that an option is omitted', t => {
  const { request, signal, onEvent } = validate(train, { dataset, out: 'r', device: undefined, signal: undefined })
  t.is(request['device'], 'auto')
  t.is(signal, undefined)
  t.is(onEvent, undefined)
})

test('every default passes its own check, and every option has a help text', t => {
  for (const verb of verbs) {
    for (const [name, option] of Object.entries(verb.options)) {
      const subject = `${verb.name}: ${name}`
      if (option.default !== undefined) t.notThrows(() => check(subject, option, option.default), subject)
      t.regex(option.help, /[^.]$/, `${subject}: help is a phrase`)
      t.false(
        option.default !== undefined && option.otherwise !== undefined,
        `${subject}: one statement of the default`,
      )
      t.true(
        option.required === true || option.default !== undefined || defaultOf(option) !== '',
        `${subject}: what happens without it`,
      )
      if (option.kind === 'choice') t.truthy(option.choices?.length, subject)
    }
  }
})

test('all flags of a command have different names and letters', t => {
  for (const verb of Object.values(commands)) {
    const flags = flagsOf(verb)
    t.is(new Set(flags.map(({ name }) => name)).size, flags.length, verb.name)
    const letters = flags.flatMap(({ short }) => short ?? [])
    t.is(new Set(letters).size, letters.length, verb.name)
  }
})

test('flags are the options in kebab-case, and are converted back', t => {
  t.is(flagName('clipSeconds'), 'clip-seconds')
  t.true(
    flagsOf(train).some(
      ({ name, placeholder, default: text }) => name === 'batch-size' && placeholder === 'N' && text === '23',
    ),
  )
  t.deepEqual(
    optionsFrom(train, {
      dataset: 'mtat',
      root: 'M',
      out: 'r',
      'batch-size': '5',
      'learning-rates': '0.1,0.01',
      architecture: '{"samplingRate": 8000}',
      resume: true,
      json: true,
    }),
    {
      dataset: { kind: 'mtat', root: 'M' },
      out: 'r',
      batchSize: 5,
      learningRates: [0.1, 0.01],
      architecture: { samplingRate: 8000 },
      resume: true,
    },
  )
  t.deepEqual(optionsFrom(train, { manifest: 'a.csv' }), { dataset: { kind: 'manifest', path: 'a.csv' } })
  t.deepEqual(optionsFrom(train, { dataset: 'mtat', root: 'M', split: 'pons' }), {
    dataset: { kind: 'mtat', root: 'M', split: 'pons' },
  })
})

test('a protocol is a name or a file, and a file gets an absolute path', t => {
  t.is(validate(train, { dataset, out: 'r', protocol: 'resemul' }).request['protocol'], 'resemul')
  t.is(validate(train, { dataset, out: 'r', protocol: 'mine.json' }).request['protocol'], resolve('mine.json'))
  t.regex(refusal(train, { dataset, out: 'r', protocol: 'resemull' }), /protocol must be .*did you mean "resemul"\?/)
})

test('weights of tags are read from a flag', t => {
  const read = (text: string): unknown => optionsFrom(train, { 'class-weights': text })['classWeights']
  t.is(read('balanced'), 'balanced')
  t.deepEqual(read('rock=2,r&b = 0.5,a=b=3'), { rock: 2, 'r&b': 0.5, 'a=b': 3 })
  t.is(read('rock=two'), 'rock=two', 'the check reports it')
  t.is(read('equal'), 'equal')
  t.throws(() => read('no-such-file.json'), { code: 'ERR_FILE_NOT_FOUND' })
})

test('a flag whose value is not a number is reported with the typed text', t => {
  t.regex(
    refusal(train, optionsFrom(train, { manifest: 'a', out: 'r', 'batch-size': 'many' })),
    /batchSize must be .* received 'many'/,
  )
})

test('defaults are shown in words', t => {
  t.is(defaultOf(train.options['learningRates']!), '0.01, 0.002, 0.0004, 0.00008, 0.000016')
  t.is(defaultOf(train.options['epochs']!), 'no limit')
  t.is(defaultOf(train.options['resume']!), '')
})

test('suggestions are similar names', t => {
  t.is(suggest('tresh', ['threshold', 'top']), undefined)
  t.is(suggest('sed', ['seed', 'out']), 'seed')
  t.is(suggest('ot', ['to', 'seed']), 'to')
  t.is(suggest('xyz', Object.keys(kinds)), undefined)
})
