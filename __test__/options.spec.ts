import { resolve } from 'node:path'

import test from 'ava'

import { SampleCnnError } from '../src/error.js'
import { defaultOf, flagName, flagsOf, optionsFrom } from '../src/options/flags.js'
import { kinds } from '../src/options/kinds.js'
import { suggest } from '../src/options/suggest.js'
import type { Verb } from '../src/options/table.js'
import { tag } from '../src/options/tag.js'
import { train } from '../src/options/train.js'
import { check, validate } from '../src/options/validate.js'
import { commands, methods } from '../src/options/verbs.js'

const dataset = { kind: 'mtat', root: 'MagnaTagATune' } as const
const verbs: readonly Verb[] = [...Object.values(commands), ...methods]

/** The message with which `options` are refused. */
function refusal(verb: Verb, options: unknown): string {
  try {
    validate(verb, options)
  } catch (error) {
    if (error instanceof SampleCnnError && error.code === 'ERR_INVALID_OPTION') return error.message
    throw error
  }
  return 'accepted'
}

test('a misspelt option is refused with the one that was meant', t => {
  t.is(
    refusal(train, { dataset, out: 'r', batchsize: 3 }),
    'train: there is no option "batchsize"; did you mean "batchSize"?',
  )
  t.is(refusal(tag, { model: 'm', treshold: 0.5 }), 'tag: there is no option "treshold"; did you mean "threshold"?')
  t.regex(refusal(tag, { model: 'm', zzz: 1 }), /the options are model, top, threshold/)
})

test('a value is refused with what was received and what was expected', t => {
  for (const [options, message] of [
    [{ batchSize: 0 }, 'batchSize must be a whole number from 1, received 0'],
    [{ batchSize: 2.5 }, 'batchSize must be a whole number from 1, received 2.5'],
    [{ batchSize: '23' }, "batchSize must be a whole number from 1, received '23'"],
    [{ momentum: 2 }, 'momentum must be a number from 0 to 1, received 2'],
    [{ momentum: Number.NaN }, 'momentum must be a number from 0 to 1, received NaN'],
    [{ learningRates: [] }, 'learningRates must be a list of numbers from 0, received []'],
    [{ device: 'gpu' }, 'device must be "auto", "cpu", "cuda" or "cuda:N", received \'gpu\''],
    [
      { task: 'multilabel' },
      'task must be one of "multi-label", "single-label", received \'multilabel\'; did you mean "multi-label"?',
    ],
    [{ resume: 'yes' }, "resume must be true or false, received 'yes'"],
    [{ segments: 0 }, 'segments must be "all" or a whole number from 1, received 0'],
    [{ dataset: { kind: 'mtat' } }, /^train: dataset must be { kind: "mtat".* received { kind: 'mtat' }/],
    [{ dataset: { kind: 'mtta', root: 'x' } }, /^train: dataset must be .*"mtat" or "gtzan".* received { kind: 'mtta'/],
    [{ out: null }, 'out must be a path, received null'],
    [{ onEvent: 3 }, 'onEvent must be a function, received 3'],
    [{ signal: {} }, 'signal must be an AbortSignal, received {}'],
  ] as const) {
    const received = refusal(train, { dataset, out: 'r', ...options })
    if (typeof message === 'string') t.is(received, `train: ${message}`)
    else t.regex(received, message)
  }
})

test('a required option is asked for, with what it is', t => {
  t.is(refusal(train, { dataset }), 'train: out is missing: the run folder')
  t.regex(refusal(train, 3), /the options must be an object, received 3/)
})

test('defaults are filled in and paths made absolute', t => {
  const { request } = validate(train, { dataset, out: 'runs/a' })
  t.is(request['out'], resolve('runs/a'))
  t.deepEqual(request['dataset'], { kind: 'mtat', root: resolve('MagnaTagATune') })
  t.is(request['batchSize'], 23)
  t.deepEqual(request['learningRates'], [0.01, 0.002, 0.0004, 0.00008, 0.000016])
  t.is(request['device'], 'auto')
  t.false('epochs' in request, 'what has no default is left out')
  t.false('json' in request, 'flags of the terminal are no options of the API')
  t.is(validate(tag, { model: 'm', filesFrom: '-' }).request['filesFrom'], '-', 'a lone dash is a stream')
})

test('undefined means that an option is left out', t => {
  const { request, signal, onEvent } = validate(train, { dataset, out: 'r', batchSize: undefined, signal: undefined })
  t.is(request['batchSize'], 23)
  t.is(signal, undefined)
  t.is(onEvent, undefined)
})

test('every default passes its own check, and every option says what it does', t => {
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
        option.required === true || option.default !== undefined || option.otherwise !== undefined,
        `${subject}: what happens without it`,
      )
      if (option.kind === 'choice') t.truthy(option.choices?.length, subject)
    }
  }
})

test('no two flags of a command have one name or letter', t => {
  for (const verb of Object.values(commands)) {
    const flags = flagsOf(verb)
    t.is(new Set(flags.map(({ name }) => name)).size, flags.length, verb.name)
    const letters = flags.flatMap(({ short }) => short ?? [])
    t.is(new Set(letters).size, letters.length, verb.name)
  }
})

test('flags are the options in kebab-case, and give them back', t => {
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
})

test('a flag that is no number is named as it was typed', t => {
  t.regex(
    refusal(train, optionsFrom(train, { manifest: 'a', out: 'r', 'batch-size': 'many' })),
    /batchSize must be .* received 'many'/,
  )
})

test('defaults read as words', t => {
  t.is(defaultOf(train.options['learningRates']!), '0.01, 0.002, 0.0004, 0.00008, 0.000016')
  t.is(defaultOf(train.options['epochs']!), 'no cap')
  t.is(defaultOf(train.options['resume']!), '')
})

test('suggestions are near', t => {
  t.is(suggest('tresh', ['threshold', 'top']), undefined)
  t.is(suggest('sed', ['seed', 'out']), 'seed')
  t.is(suggest('ot', ['to', 'seed']), 'to')
  t.is(suggest('xyz', Object.keys(kinds)), undefined)
})
