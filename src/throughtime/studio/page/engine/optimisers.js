/**
 * The optimisers and schedules of `throughtime.training`. With g the gradient of a batch's mean loss, α the learning
 * rate:
 *
 *     gradient-descent   θ ← θ − α g
 *     momentum           m ← μ m + g;  θ ← θ − α m
 *     rmsprop            v ← ρ v + (1−ρ) g²;  θ ← θ − α g / (√v + ε)
 *     adam               m ← β₁ m + (1−β₁) g;  v ← β₂ v + (1−β₂) g²;  θ ← θ − α m/(1−β₁ᵏ) / (√(v/(1−β₂ᵏ)) + ε)
 *
 * A weight decay λ comes first, in all of them: θ ← (1 − αλ) θ.
 */

/** @typedef {import("./types.d.ts").Optimizer} Optimizer */

/**
 * Update number `step`, from 1.
 * @param {Optimizer} optimizer @param {number} step @param {number} rate α @param {number} decay λ
 * @param {Float64Array} gradient @param {Float64Array} moments m, and behind it v @param {Float64Array} parameters
 */
export function update(optimizer, step, rate, decay, gradient, moments, parameters) {
  const { momentum = 0.9, decay: rho = 0.9, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8 } = optimizer;
  const keep = 1 - rate * decay;
  const P = parameters.length;
  if (optimizer.name === "adam") {
    const correct_1 = 1 - beta_1 ** step;
    const correct_2 = 1 - beta_2 ** step;
    for (let k = 0; k < P; k++) {
      const g = gradient[k];
      const m = (moments[k] = beta_1 * moments[k] + (1 - beta_1) * g);
      const v = (moments[P + k] = beta_2 * moments[P + k] + (1 - beta_2) * (g * g));
      parameters[k] = keep * parameters[k] - rate * (m / correct_1 / (Math.sqrt(v / correct_2) + epsilon));
    }
  } else if (optimizer.name === "rmsprop") {
    for (let k = 0; k < P; k++) {
      const g = gradient[k];
      const v = (moments[P + k] = rho * moments[P + k] + (1 - rho) * (g * g));
      parameters[k] = keep * parameters[k] - rate * (g / (Math.sqrt(v) + epsilon));
    }
  } else if (optimizer.name === "momentum") {
    for (let k = 0; k < P; k++) {
      const m = (moments[k] = momentum * moments[k] + gradient[k]);
      parameters[k] = keep * parameters[k] - rate * m;
    }
  } else if (optimizer.name === "gradient-descent") {
    for (let k = 0; k < P; k++) parameters[k] = keep * parameters[k] - rate * gradient[k];
  } else throw new Error(`there is no optimizer ${optimizer.name}`);
}

/**
 * By what the learning rate is multiplied at a step, from 0, of a run of so many.
 * @param {import("./types.d.ts").Schedule} schedule @param {number} step @param {number} steps
 */
export function factor(schedule, step, steps) {
  if (schedule.name === "cosine") {
    const way = Math.min(1, step / Math.max(1, steps - 1));
    const final = schedule.final ?? 0;
    return final + ((1 - final) * (1 + Math.cos(Math.PI * way))) / 2;
  }
  if (schedule.name === "step") return (schedule.factor ?? 0.1) ** Math.floor(step / (schedule.every ?? 1));
  if (schedule.name === "warm-up") return Math.min(1, (step + 1) / (schedule.warm_up ?? 1));
  if (schedule.name === "constant") return 1;
  throw new Error(`there is no schedule ${schedule.name}`);
}
