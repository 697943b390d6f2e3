import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Makes metrics in a registry of their own, not in the global one of prom-client. */
export class Instruments {
  readonly registry: Registry = new Registry()

  /** A value that goes up and down. */
  gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] })
  }

  /** A value that only grows. */
  counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  /** Durations in seconds, in buckets. */
  histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] })
  }
}
