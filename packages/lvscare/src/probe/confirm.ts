/** Longest time for a confirming probe, in milliseconds; `--health-timeout` if that is shorter. */
export const CONFIRM_MS = 2000
