/** An interval of a rate. */
export interface Interval {
  low: number;
  high: number;
}

/**
 * The exact 95 % interval of the mean of a Poisson distribution of which one draw was `count`: the means at which as many or more, and as few
 * or fewer, would each be seen in 2.5 % of cases.
 *
 * @see F. Garwood 1936, "Fiducial limits for the Poisson distribution"
 */
export function poissonInterval(count: number): Interval {
  const top = count + 10 * Math.sqrt(count + 1) + 10;
  return {
    low: count === 0 ? 0 : rootOf((mean) => 1 - atMost(count - 1, mean) - 0.025, count, 0),
    high: rootOf((mean) => atMost(count, mean) - 0.025, count, top),
  };
}

/** P(X <= count) for a mean. Terms are summed downwards from the largest, relative to it, so that none under- or overflows. */
function atMost(count: number, mean: number): number {
  if (mean === 0) return 1;
  let logTerm = -mean + count * Math.log(mean) - logFactorial(count);
  let sum = 0;
  for (let k = count; k >= 0; k--) {
    const term = Math.exp(logTerm);
    sum += term;
    if (k < mean && term < sum * 1e-17) break;
    logTerm += Math.log(k) - Math.log(mean);
  }
  return Math.min(1, sum);
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k++) sum += Math.log(k);
  return sum;
}

/** Bisection; `f` is positive at `positive` and not at `other`. */
function rootOf(f: (x: number) => number, positive: number, other: number): number {
  let [a, b] = [positive, other];
  for (let i = 0; i < 200 && Math.abs(a - b) > 1e-12 * Math.max(1, Math.abs(b)); i++) {
    const middle = (a + b) / 2;
    if (f(middle) > 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
