'use strict'

const { join } = require('node:path')

const { version, samplecnn } = require('./package.json')

exports.path = join(__dirname, 'model.safetensors')
exports.sha256 = samplecnn.sha256
exports.version = version
