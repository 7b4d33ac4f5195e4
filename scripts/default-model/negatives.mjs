// Clips that are no music, with weights of zero for every tag: noises that this file computes, and spoken digits.
//
// A network that has heard only music finds music in everything. These clips teach it to be certain of nothing on noise
// and on speech. The noises are the same on every machine; the speech is the Free Spoken Digit Dataset (CC BY-SA 4.0),
// divided by speaker.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { decode } from 'samplecnn'

import { wave } from '../wave.mjs'

const RATE = 16000
const LENGTH = 465600
const SPEECH_RATE = 8000
const PARTS = { train: 10, valid: 2, test: 3 }
const SPEAKERS = { train: ['george', 'jackson', 'lucas', 'nicolas'], valid: ['theo'], test: ['yweweler'] }
const SPEECH_CLIPS = { train: 12, valid: 8, test: 12 }

/** Writes the clips into `folder`; returns their lines of the manifest: `{ path, split, kind }`. */
export async function writeNegatives(folder, digits) {
  mkdirSync(folder, { recursive: true })
  const lines = []
  const add = (name, split, kind, samples, rate) => {
    const path = join(folder, `${name}.wav`)
    writeFileSync(path, wave(samples, rate))
    lines.push({ path, split, kind })
  }
  for (const [part, count] of Object.entries(PARTS)) {
    for (const [kind, make] of Object.entries(NOISES)) {
      for (let number = 0; number < count; number++) {
        const random = generator(`${kind} ${part} ${number}`)
        add(`noise-${kind}-${part}-${number}`, part, 'noise', levelled(make(random), random), RATE)
      }
    }
    for (const speaker of SPEAKERS[part]) {
      for (let number = 0; number < SPEECH_CLIPS[part]; number++) {
        const random = generator(`${speaker} ${number}`)
        const samples = await speech(digits, speaker, random)
        add(`speech-${speaker}-${number}`, part, 'speech', levelled(samples, random), SPEECH_RATE)
      }
    }
  }
  return lines
}

/** The kinds of noise: functions from random numbers to `LENGTH` samples of any level. */
const NOISES = {
  white: random => fill(() => random() * 2 - 1),
  pink: random => filtered(random, [0.99765, 0.963, 0.57], [0.099046, 0.2965164, 1.0526913]),
  brown: random => filtered(random, [0.999], [1]),
  band: random => {
    const centre = 80 * 2 ** (random() * 6)
    return resonator(random, centre, 0.9 + 0.095 * random())
  },
  hum: random => {
    const mains = random() < 0.5 ? 50 : 60
    const weights = Array.from({ length: 8 }, () => random() / 2)
    return fill(
      at =>
        weights.reduce((sum, weight, n) => sum + weight * Math.sin((2 * Math.PI * mains * (n + 1) * at) / RATE), 0) +
        0.02 * (random() - 0.5),
    )
  },
  clicks: random => {
    const share = (2 + 30 * random()) / RATE
    let level = 0
    return fill(() => {
      if (random() < share) level = 1
      level *= 0.97
      return level * (random() * 2 - 1) + 0.003 * (random() - 0.5)
    })
  },
  wind: random => {
    const noise = filtered(random, [0.995, 0.9], [1, 0.5])
    let gust = 0.5
    return noise.map(sample => {
      gust += (random() - 0.5) * 0.004 - (gust - 0.5) * 0.0001
      return sample * Math.max(0.05, gust)
    })
  },
}

function fill(sample) {
  return Float64Array.from({ length: LENGTH }, (_, at) => sample(at))
}

/** White noise through one-pole low-passes side by side. */
function filtered(random, poles, gains) {
  const states = poles.map(() => 0)
  return fill(() => {
    const white = random() * 2 - 1
    let sum = 0
    poles.forEach((pole, n) => {
      states[n] = pole * states[n] + gains[n] * white
      sum += states[n]
    })
    return sum
  })
}

/** White noise through a two-pole resonator at `centre` Hz. */
function resonator(random, centre, radius) {
  const turn = 2 * radius * Math.cos((2 * Math.PI * centre) / RATE)
  let [first, second] = [0, 0]
  return fill(() => {
    const sample = random() * 2 - 1 + turn * first - radius * radius * second
    ;[first, second] = [sample, first]
    return sample
  })
}

/** Digits of one speaker in random order with pauses, until the clip is full. */
async function speech(digits, speaker, random) {
  const names = readdirSync(digits)
    .filter(name => name.includes(`_${speaker}_`))
    .sort()
  const samples = new Float64Array((LENGTH * SPEECH_RATE) / RATE)
  for (let at = 0; at < samples.length;) {
    const name = names[Math.floor(random() * names.length)]
    const { samples: spoken } = await decode(join(digits, name), { samplingRate: SPEECH_RATE })
    samples.set(spoken.subarray(0, samples.length - at), at)
    at += spoken.length + Math.floor(SPEECH_RATE * (0.05 + 0.5 * random()))
  }
  return samples
}

/** The samples with their peak between -20 and -1 dB of full scale. */
function levelled(samples, random) {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9)
  const gain = 10 ** (-(1 + 19 * random()) / 20) / peak
  return samples.map(sample => sample * gain)
}

/** Numbers in [0, 1) that depend on `seed` alone (mulberry32). */
function generator(seed) {
  let state = [...seed].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 16777619), 2166136261)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
