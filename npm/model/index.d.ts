/** Absolute path of the model file. */
export declare const path: string
/** SHA-256 of the model file, hexadecimal. */
export declare const sha256: string
/** Version of this package. */
export declare const version: string
