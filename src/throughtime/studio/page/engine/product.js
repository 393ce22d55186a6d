/**
 * Products of matrices that lie row by row in flat arrays: a begins at `ao`, and its rows are `as` apart; so do the
 * others. Two rows are multiplied by four columns at once, so that a number that was read is used as often as may be.
 */

/**
 * c (R,N) = a (R,K) m (K,N), or c += a m.
 * @param {Float64Array} a @param {number} ao @param {number} as
 * @param {Float64Array} m @param {number} mo @param {number} ms
 * @param {Float64Array} c @param {number} co @param {number} cs
 * @param {number} R @param {number} K @param {number} N @param {boolean} add
 */
export function multiply(a, ao, as, m, mo, ms, c, co, cs, R, K, N, add) {
  let r = 0;
  for (; r + 1 < R; r += 2) {
    const a0 = ao + r * as;
    const a1 = a0 + as;
    const c0 = co + r * cs;
    const c1 = c0 + cs;
    let j = 0;
    for (; j + 3 < N; j += 4) {
      let p0 = 0;
      let p1 = 0;
      let p2 = 0;
      let p3 = 0;
      let q0 = 0;
      let q1 = 0;
      let q2 = 0;
      let q3 = 0;
      let at = mo + j;
      for (let k = 0; k < K; k++) {
        const p = a[a0 + k];
        const q = a[a1 + k];
        const m0 = m[at];
        const m1 = m[at + 1];
        const m2 = m[at + 2];
        const m3 = m[at + 3];
        p0 += p * m0;
        p1 += p * m1;
        p2 += p * m2;
        p3 += p * m3;
        q0 += q * m0;
        q1 += q * m1;
        q2 += q * m2;
        q3 += q * m3;
        at += ms;
      }
      if (add) {
        p0 += c[c0 + j];
        p1 += c[c0 + j + 1];
        p2 += c[c0 + j + 2];
        p3 += c[c0 + j + 3];
        q0 += c[c1 + j];
        q1 += c[c1 + j + 1];
        q2 += c[c1 + j + 2];
        q3 += c[c1 + j + 3];
      }
      c[c0 + j] = p0;
      c[c0 + j + 1] = p1;
      c[c0 + j + 2] = p2;
      c[c0 + j + 3] = p3;
      c[c1 + j] = q0;
      c[c1 + j + 1] = q1;
      c[c1 + j + 2] = q2;
      c[c1 + j + 3] = q3;
    }
    if (j < N) {
      columns(a, a0, m, mo, ms, c, c0, K, j, N, add);
      columns(a, a1, m, mo, ms, c, c1, K, j, N, add);
    }
  }
  if (r < R) columns(a, ao + r * as, m, mo, ms, c, co + r * cs, K, 0, N, add);
}

/**
 * One row of a product, its columns from `first` on.
 * @param {Float64Array} a @param {number} a0
 * @param {Float64Array} m @param {number} mo @param {number} ms
 * @param {Float64Array} c @param {number} c0
 * @param {number} K @param {number} first @param {number} N @param {boolean} add
 */
function columns(a, a0, m, mo, ms, c, c0, K, first, N, add) {
  for (let j = first; j < N; j++) {
    let sum = 0;
    let at = mo + j;
    for (let k = 0; k < K; k++) {
      sum += a[a0 + k] * m[at];
      at += ms;
    }
    c[c0 + j] = add ? c[c0 + j] + sum : sum;
  }
}

/**
 * c (R,K) = d (R,N) mᵀ, or c += d mᵀ, of m (K,N).
 * @param {Float64Array} d @param {number} d_o @param {number} ds
 * @param {Float64Array} m @param {number} mo @param {number} ms
 * @param {Float64Array} c @param {number} co @param {number} cs
 * @param {number} R @param {number} N @param {number} K @param {boolean} add
 */
export function multiplyTransposed(d, d_o, ds, m, mo, ms, c, co, cs, R, N, K, add) {
  let r = 0;
  for (; r + 1 < R; r += 2) {
    const d0 = d_o + r * ds;
    const d1 = d0 + ds;
    const c0 = co + r * cs;
    const c1 = c0 + cs;
    let k = 0;
    for (; k + 3 < K; k += 4) {
      const k0 = mo + k * ms;
      const k1 = k0 + ms;
      const k2 = k1 + ms;
      const k3 = k2 + ms;
      let p0 = 0;
      let p1 = 0;
      let p2 = 0;
      let p3 = 0;
      let q0 = 0;
      let q1 = 0;
      let q2 = 0;
      let q3 = 0;
      for (let j = 0; j < N; j++) {
        const p = d[d0 + j];
        const q = d[d1 + j];
        const m0 = m[k0 + j];
        const m1 = m[k1 + j];
        const m2 = m[k2 + j];
        const m3 = m[k3 + j];
        p0 += p * m0;
        p1 += p * m1;
        p2 += p * m2;
        p3 += p * m3;
        q0 += q * m0;
        q1 += q * m1;
        q2 += q * m2;
        q3 += q * m3;
      }
      if (add) {
        p0 += c[c0 + k];
        p1 += c[c0 + k + 1];
        p2 += c[c0 + k + 2];
        p3 += c[c0 + k + 3];
        q0 += c[c1 + k];
        q1 += c[c1 + k + 1];
        q2 += c[c1 + k + 2];
        q3 += c[c1 + k + 3];
      }
      c[c0 + k] = p0;
      c[c0 + k + 1] = p1;
      c[c0 + k + 2] = p2;
      c[c0 + k + 3] = p3;
      c[c1 + k] = q0;
      c[c1 + k + 1] = q1;
      c[c1 + k + 2] = q2;
      c[c1 + k + 3] = q3;
    }
    if (k < K) {
      dots(d, d0, m, mo, ms, c, c0, N, k, K, add);
      dots(d, d1, m, mo, ms, c, c1, N, k, K, add);
    }
  }
  if (r < R) dots(d, d_o + r * ds, m, mo, ms, c, co + r * cs, N, 0, K, add);
}

/**
 * One row of a product with a transposed matrix, its columns from `first` on.
 * @param {Float64Array} d @param {number} d0
 * @param {Float64Array} m @param {number} mo @param {number} ms
 * @param {Float64Array} c @param {number} c0
 * @param {number} N @param {number} first @param {number} K @param {boolean} add
 */
function dots(d, d0, m, mo, ms, c, c0, N, first, K, add) {
  for (let k = first; k < K; k++) {
    const k0 = mo + k * ms;
    let sum = 0;
    for (let j = 0; j < N; j++) sum += d[d0 + j] * m[k0 + j];
    c[c0 + k] = add ? c[c0 + k] + sum : sum;
  }
}

/**
 * g (K,N) += aᵀ d, of a (R,K) and d (R,N): what R rows add to the gradient of a matrix.
 * @param {Float64Array} a @param {number} ao @param {number} as
 * @param {Float64Array} d @param {number} d_o @param {number} ds
 * @param {Float64Array} g @param {number} go @param {number} gs
 * @param {number} R @param {number} K @param {number} N
 */
export function addGradient(a, ao, as, d, d_o, ds, g, go, gs, R, K, N) {
  let k = 0;
  for (; k + 1 < K; k += 2) {
    const g0 = go + k * gs;
    const g1 = g0 + gs;
    let j = 0;
    for (; j + 3 < N; j += 4) {
      let p0 = 0;
      let p1 = 0;
      let p2 = 0;
      let p3 = 0;
      let q0 = 0;
      let q1 = 0;
      let q2 = 0;
      let q3 = 0;
      let at = ao + k;
      let to = d_o + j;
      for (let r = 0; r < R; r++) {
        const p = a[at];
        const q = a[at + 1];
        const d0 = d[to];
        const d1 = d[to + 1];
        const d2 = d[to + 2];
        const d3 = d[to + 3];
        p0 += p * d0;
        p1 += p * d1;
        p2 += p * d2;
        p3 += p * d3;
        q0 += q * d0;
        q1 += q * d1;
        q2 += q * d2;
        q3 += q * d3;
        at += as;
        to += ds;
      }
      g[g0 + j] += p0;
      g[g0 + j + 1] += p1;
      g[g0 + j + 2] += p2;
      g[g0 + j + 3] += p3;
      g[g1 + j] += q0;
      g[g1 + j + 1] += q1;
      g[g1 + j + 2] += q2;
      g[g1 + j + 3] += q3;
    }
    for (; j < N; j++) {
      g[g0 + j] += along(a, ao + k, as, d, d_o + j, ds, R);
      g[g1 + j] += along(a, ao + k + 1, as, d, d_o + j, ds, R);
    }
  }
  if (k < K) for (let j = 0; j < N; j++) g[go + k * gs + j] += along(a, ao + k, as, d, d_o + j, ds, R);
}

/**
 * The product of two columns.
 * @param {Float64Array} a @param {number} ao @param {number} as
 * @param {Float64Array} d @param {number} d_o @param {number} ds @param {number} R
 */
function along(a, ao, as, d, d_o, ds, R) {
  let sum = 0;
  for (let r = 0; r < R; r++) sum += a[ao + r * as] * d[d_o + r * ds];
  return sum;
}

/**
 * g (N) += Σ d, the sum of the rows of d (R,N): what they add to the gradient of a vector.
 * @param {Float64Array} d @param {number} d_o @param {number} ds
 * @param {Float64Array} g @param {number} go @param {number} R @param {number} N
 */
export function addRows(d, d_o, ds, g, go, R, N) {
  for (let j = 0; j < N; j++) {
    let sum = 0;
    for (let r = 0; r < R; r++) sum += d[d_o + r * ds + j];
    g[go + j] += sum;
  }
}
