declare const __VERSION__: string | undefined

/** Version of this program: put in by the bundler; `0.0.0-source` when it runs from its sources. */
export const VERSION: string = typeof __VERSION__ === 'string' ? __VERSION__ : '0.0.0-source'
