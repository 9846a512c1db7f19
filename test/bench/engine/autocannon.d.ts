declare module 'autocannon' {
  /** The part of autocannon 9 that the benchmark uses. */
  export default function autocannon(options: {
    readonly url: string
    readonly connections: number
    readonly amount: number
  }): Promise<{ readonly '2xx': number }>
}
