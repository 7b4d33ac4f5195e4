/**
 * An audio file: its path or `file:` URL; or its content as bytes, as a Blob or File, or as a stream of bytes (a
 * Readable, a web stream, or any async iterable).
 */
export type AudioInput = string | URL | ArrayBufferView | ArrayBufferLike | Blob | AsyncIterable<Uint8Array>
