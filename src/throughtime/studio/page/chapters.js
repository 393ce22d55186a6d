/** The guided lesson's eight chapters: a text, and the settings of the page that it is read beside. */

/** @typedef {import("./types.d.ts").Settings} Settings */
/** @typedef {import("./types.d.ts").Selection} Selection */
/**
 * @typedef {object} Chapter
 * @property {string} title
 * @property {string[]} text paragraphs
 * @property {string} look what to look at or to try
 * @property {{settings: Partial<Settings>, step: number, operands?: string[], moment: (T: number) => number,
 *   selection: Selection}} page
 *   what the page shows: step is the number of updates, moment depends on the number of steps in time
 */

/** @type {Partial<Settings>} */
const ADDER = {
  task: "addition",
  cell: "elman",
  activation: "sigmoid",
  hidden: 16,
  layers: 1,
  bits: 8,
  learning_rate: 0.02,
  optimizer: "adam",
  noise: 0.2,
  seed: 0,
  batch: 64,
  steps: 2000,
};
/** @type {Partial<Settings>} */
const ONE_STEP = {
  ...ADDER,
  task: "comparison",
  hidden: 3,
  bits: 1,
  noise: 0,
  learning_rate: 0.5,
  optimizer: "gradient-descent",
};
/** @type {Partial<Settings>} */
const LONG = { ...ADDER, bits: undefined, task: "recall", gap: 20, noise: 0 };

/** @param {string} array @param {number} t @param {number} unit @returns {Selection} */
const cell = (array, t, unit) => ({ array, layer: 0, direction: "forward", t, unit });

/** The last moment: what one sees without walking. @param {number} T */
const end = (T) => 2 * T + 2;

/** @type {Chapter[]} */
export const CHAPTERS = [
  {
    title: "One step: an ordinary network",
    text: [
      "With a single step of time there is no past, and the network is an ordinary one. Each hidden unit adds" +
        " up its inputs times their weights; the sigmoid S(net) = 1 / (1 + exp(−net)) presses the sum between 0" +
        " and 1. The output does the same with the hidden units.",
      "Learning goes the other way. The output's error δ_y says how the loss changes with the output's net " +
        "input. It comes back through the same weights: a hidden unit's δ_h is the error it had a part in, " +
        "times the slope of its sigmoid, h·(1 − h).",
    ],
    look:
      "The network should say whether a > b. Read both formulas of the chosen unit, then press One update a few" +
      " times and watch the output.",
    page: { settings: ONE_STEP, step: 0, operands: ["1", "0"], moment: end, selection: cell("h", 0, 0) },
  },
  {
    title: "Many copies of one network",
    text: [
      "To add two numbers, the network reads them from right to left, one pair of digits at each step. It is " +
        "one network, drawn once for every step: each column has the same weights V, U and W.",
      "What makes it recurrent is U. It carries the hidden state of one step into the next, and is the only " +
        "way in which the past can be known.",
    ],
    look:
      "The weight U[0,0] is chosen. It is one number, used at every step: its gradient has one term for each of" +
      " them.",
    page: { settings: ADDER, step: 0, operands: ["100", "27"], moment: (T) => T - 1, selection: cell("U", 0, 0) },
  },
  {
    title: "Forward: from left to right",
    text: [
      "At step t the state is h_t = S(x_t·V + h_{t−1}·U + b). The output y_t is read from it. An output above" +
        " ½ counts as the digit 1.",
      "The target d_t is the digit of the true sum. Half the squared difference is the step's loss E_t, and " +
        "the loss of the sequence is the sum over all steps.",
    ],
    look:
      "Go back to the first step and walk forward, one micro-step at a time. The network has learned for only " +
      "60 updates: which digits are wrong, and is there a carry at these?",
    page: { settings: ADDER, step: 60, operands: ["107", "27"], moment: (T) => T, selection: cell("y", 2, 0) },
  },
  {
    title: "Backward: through time",
    text: [
      "A state does two things: it makes the output of its own step, and it goes into the next state. So its " +
        "error comes from two sides, δ_h_t = (δ_y_t·W + δ_h_{t+1}·U) times the slope.",
      "That is why the pass runs from the last step to the first: δ_h_{t+1} must be known before δ_h_t. " +
        "Nothing comes back into the last step.",
    ],
    look:
      "Step on and watch the errors fill from right to left. In the inspector the terms with W are the step's " +
      "own error, those with U come back from the step after.",
    page: {
      settings: ADDER,
      step: 60,
      operands: ["107", "27"],
      moment: (T) => 2 * T - 3,
      selection: cell("delta_h", 3, 0),
    },
  },
  {
    title: "The update",
    text: [
      "The weights are shared by all steps, so a weight's gradient is a sum over time: for U[i,j] the product" +
        " of unit i's state one step before and unit j's error, added up over all steps.",
      "Then every weight moves a little against its gradient. “Gradient right” on top says how far the " +
        "shown gradient is from the one found by moving each weight a little and measuring the loss.",
    ],
    look:
      "See which step adds the most to the chosen weight's gradient. The weights' panel shows what the last " +
      "update changed.",
    page: { settings: ADDER, step: 60, operands: ["107", "27"], moment: end, selection: cell("U", 0, 17) },
  },
  {
    title: "Why long memory is hard",
    text: [
      "Here the network reads −1 or 1 at the first step, then twenty steps of noise, and must say at the end " +
        "which one it was. The only error is made at the last step, and must find its way back to the first.",
      "On its way it is multiplied at every step by U and by a slope of at most ¼. After a few steps next to " +
        "nothing is left: the first step never learns what it should have kept.",
    ],
    look:
      "“Where the gradient goes” says how many steps the error reaches back. Press Train: does the batch loss " +
      "fall?",
    page: { settings: LONG, step: 0, moment: end, selection: cell("delta_h", 20, 0) },
  },
  {
    title: "Gates: 0 forgets, 1 remembers",
    text: [
      "An LSTM keeps a second state, C, that is not pressed through a sigmoid at every step: C_t = " +
        "f_t·C_{t−1} + i_t·C̃_t. Where the forget gate f is 1, memory passes unchanged, and so does the error " +
        "on its way back. Where it is 0, the memory is wiped.",
      "The input gate i decides what is written, the output gate o what is shown. All three are small " +
        "networks of their own, and learn when to open.",
    ],
    look:
      "The same task as before, after 200 updates: follow a unit of C through the noise, and compare how far " +
      "the error reaches.",
    page: { settings: { ...LONG, cell: "lstm" }, step: 200, moment: end, selection: cell("f", 10, 1) },
  },
  {
    title: "The adder and its carry, proved",
    text: [
      "After 2000 updates the network adds. It was never shown the carry, yet it must keep it: in the state " +
        "space, the states with carry 1 and those with carry 0 lie in two separate clouds. That is where the " +
        "carry is kept.",
      "Two clouds that every step maps into each other as the rules of addition ask is a proof: then the " +
        "network is right for numbers of every length, not only for those that were tried.",
    ],
    look: "Type two numbers of thirty digits, then press Prove.",
    page: { settings: ADDER, step: 2000, operands: ["107", "27"], moment: end, selection: cell("h", 3, 0) },
  },
];
