/** The text of the chapters on both passes, the update and the program, a part of `en.js`. */

/** The names of a sum's numbers, where the reader chooses them. */
export const NUMBERS = {
  first: "first number, from 0 to 127",
  second: "second number, from 0 to 127",
  refused: "“TEXT” is no whole number from 0 to MOST, whose sum has eight binary digits.",
};

/** @type {Record<string, import("./types.d.ts").ChapterText>} */
export const PASSES = {
  forward: {
    title: "Forward",
    words: {
      carry: "carry",
      sum: "The sum, as on paper",
      ...NUMBERS,
      grid: "The numbers of the forward pass: a column for each step of time",
      axis: "step t",
      unknown: "not yet known",
      back: "One step back",
      next: "Next step ▶",
      moment: "Step of the forward pass",
      formula: "The chosen number's formula, forward",
    },
    blocks: [
      {
        text:
          "This is the network of chapter 1 after {updates} updates: it has begun to learn and still errs. Read" +
          " {a} + {b} with it, or two numbers of your own in their place, from 0 to 127. It goes from the rightmost " +
          "digits on; the first two are read already: [next step](next).",
        light: "sum",
        todo: true,
      },
      {
        text:
          "At each step it reads two digits, x_t, and its own last state, h_{t−1}. Each of the sixteen units " +
          "adds up both, times their weights, and squashes the sum with the sigmoid: h_t = S(x_t V + h_{t−1} U " +
          "+ b_h). Before the first step the state is 0. The steps stand from left to right, so the rightmost " +
          "digits are in column 1. x_t V is a row of numbers times a matrix: for each unit, the numbers of x_t " +
          "times its weights, added up. Units are counted from 0, as in programs, and V[:,0] is the column of " +
          "the weights that lead to unit 0.",
        light: "h",
      },
      {
        text:
          "Choose any cell, and below stands its formula with its own numbers. Whatever in it is no weight comes " +
          "from a cell that is already there.",
        light: "formula",
        todo: true,
      },
      {
        text:
          "[The output](output) is read out of the state: y_t = S(h_t W + b_y). Above ½ it counts as the digit " +
          "1. At step {step} it is {y}, so the network predicts {digit}; the target d is {target}.",
        light: "y",
      },
      {
        text:
          "All is read, and the loss is known: at each step half the squared difference, E_t = ½ (y_t − d_t)², " +
          "and for this example their sum, {loss}. Of the eight digits {wrong} are wrong. [Another " +
          "example](other).",
        until:
          "When all is read, [the loss](loss) will be known: at each step half the squared difference, E_t = ½ " +
          "(y_t − d_t)², and for the whole example their sum. [Another example](other).",
        light: "error",
      },
      {
        ask: "Where is the carry in all this?",
        answer: [
          "The row above the sum is for you; the network never sees it. If the carry is anywhere, it is in the " +
            "sixteen numbers of h, as chapter 1 has shown. This network has had {updates} updates and has not " +
            "found it yet.",
        ],
      },
    ],
  },
  backward: {
    title: "Backward through time",
    words: {
      grid: "The errors of the backward pass: a column for each step of time",
      axis: "step t",
      unknown: "not yet known",
      back: "One step back",
      next: "Next step ▶",
      moment: "Step of the backward pass",
      formula: "The chosen number's formula, backward",
      total: "∇U, summed up so far",
    },
    blocks: [
      {
        text:
          "Each step has made an error, and learning must find out who is to blame. One begins at the end, with " +
          "step 8, where the blame is as in chapter 3. The output's error is δ_{y,t} = (y_t − d_t) · y_t (1 − " +
          "y_t), and it goes back to the hidden units through W. Now to the [next step](next), which is one " +
          "earlier.",
        light: "delta_y",
        todo: true,
      },
      {
        text:
          "At every other step the state has done two things: it has made the output of its own step, and it " +
          "has gone into the next state. So its error comes from two sides, δ_{h,t} = (δ_{y,t} Wᵀ + δ_{h,t+1} " +
          "Uᵀ) ∘ h_t (1 − h_t). That is why one goes backward: δ_{h,t+1} must be there before δ_{h,t}. (ᵀ turns " +
          "a matrix over, rows to columns, as the way leads back; ∘ multiplies number by number.)",
        light: "delta_h",
      },
      {
        text:
          "Choose a cell of δ_h and read its formula: the part with W is the step's own error, the part with U " +
          "has come back from the step after. After the last step there is none, and its part is 0.",
        light: "formula",
      },
      {
        text:
          "U is used at every step, so its gradient is a sum over the steps: ∇U = Σ h_{t−1}ᵀ δ_{h,t}. Each step" +
          " that the errors reach adds its part to the picture. What is still missing, in the number that misses " +
          "most, is {rest}; [at the end](all) nothing is.",
        light: "total",
        todo: true,
      },
      {
        text:
          "How far back does an error reach? The error of the last step alone reaches back {reach} steps before" +
          " it falls below a hundredth of its size; at the first step {share} of it arrives. Chapter 9 is about" +
          " that.",
        light: "delta_h",
      },
      {
        ask: "What does the way back cost?",
        answer: [
          "About twice the work of the way forward, as each weight is met twice: once to send δ back, once for its " +
            "gradient. And memory: the way back needs each h_t again, so all of them are kept until then. A sequence " +
            "of a million steps takes a million states.",
          "So one often goes back over the last few steps only, say 50, and takes the state before them as it is: " +
            "*truncated* back-propagation. The network still carries its state over all steps, but nothing teaches " +
            "it to keep what it needs later than that.",
        ],
      },
    ],
  },
  update: {
    title: "The update",
    words: {
      carry: "carry",
      sum: "The sum, as on paper",
      gradient: "gradient",
      change: "change",
      loss: "loss of this example: B",
      fell: "loss of this example: A before the update, B after it",
      once: "One update",
      often: "100 updates",
      again: "Begin anew",
    },
    blocks: [
      {
        text:
          "The gradient says for each weight how the loss of this example changes when that weight grows a " +
          "little: purple means that it rises, green that it falls.",
        light: "gradient",
      },
      {
        text:
          "[Update](once): each weight moves against its gradient, w becomes w − {rate} · ∂E/∂w. The factor is " +
          "the *learning rate*: small, as a slope is true only nearby. The picture of the changes is that of the " +
          "gradient with its colours exchanged: of {all} weights, {against} have moved against their gradient.",
        light: "change",
        todo: true,
      },
      {
        text:
          "The loss of this example falls at every press; after {taken} updates it is {loss}, and of its eight " +
          "digits {digits} are right. Take [a hundred more](often).",
        light: "loss",
        todo: true,
      },
      "Has it learned to add? Of 200 other sums it has {others} right. It has learned one sum by heart, and " +
        "what it did for this one it has undone for others. That is why chapter 1 showed it 64 random sums at " +
        "each update: their errors are added up, and what is left is what they have in common.",
      {
        ask: "Has the network of chapter 1 learned its sums by heart?",
        answer: [
          "It could have met them all: there are 128 · 128 = 16,384 pairs of numbers from 0 to 127, and 2,000 " +
            "updates show it 128,000. But it has only 321 numbers to keep anything in, and it does not compare " +
            "sums with others: at every step it does the same with two digits and its state. Whether that is right " +
            "for longer numbers too, of which it has met none, is another question: chapter 12 proves it of such " +
            "an adder.",
        ],
      },
      {
        ask: "Why did chapter 1 need only 2,000 updates?",
        answer: [
          "It used Adam, which gives each weight a step size of its own, from how large and how steady its " +
            "gradient has been. With Adam, or with many examples at once, a single weight may well move along the" +
            " gradient of one example. The statement that each weight moves against its gradient holds for plain " +
            "descent, and for the loss that is descended.",
        ],
      },
    ],
  },
  program: {
    title: "The program",
    words: {
      listing: "The lines of the program",
      log: "What it prints",
      run: "▶ Run it",
      pause: "❚❚ Pause",
      done: "It has run",
      step: "Update at every step instead",
      batch: "Update after the whole pass instead",
      after: "after the whole backward pass",
      inside: "at every step of the backward pass",
    },
    blocks: [
      "In 2015 an article with a short Python program that learns to add made many people understand recurrent " +
        "networks. Here is one of ours that does the same in the textbook's symbols: forty lines of NumPy, and all " +
        "of chapters 3 to 7 is in them.",
      {
        text:
          "Three matrices are all that it learns: V reads the digits, U the state before, W reads out the sum. " +
          "They begin at random: units that began alike would get the same gradients, and stay alike for ever. " +
          "The generator's seed makes it the same random at every run, in Python and on this page.",
        light: "weights",
      },
      {
        text: "The two passes are the equations of chapters 5 and 6, a line for each.",
        light: "forward",
      },
      {
        text: "The backward pass keeps δ_h of the step after, and adds up the three gradients over the steps.",
        light: "backward",
      },
      {
        text:
          "The update is plain gradient descent on one pair: every weight moves against its gradient, by a " +
          "tenth of it: the learning rate of chapter 7, `alpha`, is 0.1.",
        light: "update",
      },
      {
        text:
          "[Run it](run). Here it runs in JavaScript, and prints what NumPy prints, to the last digit; {pair} " +
          "pairs are learned by now, the weights updated {order}. The last error is {error}.",
        until:
          "[Run it](run), for a few seconds. Here it runs in JavaScript, and prints what NumPy prints, to the " +
          "last digit, with the weights updated {order}.",
        light: "report",
        todo: true,
      },
      "For 4,000 pairs nothing seems to happen. Two thousand pairs later the error is less than a sixth of what" +
        " it was: the network has found the carry.",
      {
        table: {
          head: ["in the article", "here", "in the textbook"],
          rows: [
            ["`synapse_0`", "`V`", "weights of the input"],
            ["`synapse_h`", "`U`", "recurrent weights"],
            ["`synapse_1`", "`W`", "weights of the output"],
            ["`layer_1`", "`h[t + 1]`", "h_t"],
            ["`layer_2`", "`y[t]`", "y_t"],
            ["`layer_2_delta`", "`-delta_y`", "−δ_{y,t}"],
            ["`layer_1_delta`", "`-delta_h`", "−δ_{h,t}"],
            ["`future_layer_1_delta`", "`-delta_h`, a step later", "−δ_{h,t+1}"],
          ],
        },
      },
      "The errors δ in the article have the other sign, and are added where ours are taken off. And the article's " +
        "listing does not run as it is printed: it is in Python 2, where `print` stands without brackets, and it " +
        "uses `copy`, which it never imports.",
      {
        text:
          "When it runs, its update and its report stand *inside* the loop of the backward pass. So each report " +
          "comes eight times, and the weights change at every step: δ_h of step t is computed with weights that " +
          "step t + 1 has already changed. [Update at every step](order) and run it again: the first error is " +
          "the same, the second is 3.63415232 in place of 3.63389116, the last 0.1969151 in place of 0.21595037. " +
          "It learns as well, but its steps are no longer the gradient of anything.",
        light: "report",
        todo: true,
      },
    ],
  },
};
