/**
 * The lesson's text in English; parts of it stand in en_passes.js, en_long.js and en_proof.js. How a text is written,
 * `prose.js` says.
 */
import { LONG } from "./en_long.js";
import { NUMBERS, PASSES } from "./en_passes.js";
import { PROOF } from "./en_proof.js";

/** @type {import("./types.d.ts").Text} */
export const TEXT = {
  title: "A network that remembers",
  menu: "Chapters",
  words: {
    title: "Words and symbols",
    list: [
      ["x, y, d", "what a network reads, its output, and the target: what the output should be. [Chapter 5](#forward)"],
      ["h", "the hidden state: what the network keeps from one step to the next. [Chapter 1](#adds)"],
      ["h_t, h_{t−1}", "h at step t, and at the step before it; steps are counted from 1, units from 0"],
      [
        "V, U, W",
        "the weights from input to state, from state to next state, from state to output; b is a bias, a weight " +
          "without an input. [Chapter 4](#copies)",
      ],
      [
        "unit, hidden unit",
        "one of the numbers of h, and the sum and squashing that it comes from. [Chapter 3](#unit)",
      ],
      [
        "net, S, tanh",
        "what a unit adds up; the sigmoid 1 / (1 + exp(−net)), from 0 to 1; tanh(net) = 2 S(2 net) − 1, from −1 to 1",
      ],
      ["E, the loss", "how wrong the output is: half the squared difference ½ (y − d)². [Chapter 3](#unit)"],
      [
        "∂E/∂w, ∇U, gradient",
        "how much E changes when a weight grows a little; all of them, for the matrix U. [Chapter 7](#update)",
      ],
      ["δ", "how much E changes when a unit's net grows a little, its error. [Chapter 6](#backward)"],
      ["ᵀ, ∘", "a matrix turned over, rows to columns; number by number"],
      [
        "update, learning rate",
        "one change of the weights, and the factor before the gradient in it. [Chapter 7](#update)",
      ],
      ["Adam, optimiser", "a way to update; Adam gives each weight a step of its own. [Chapter 7](#update)"],
      ["back-propagation", "finding all δ, from the last step to the first. [Chapter 6](#backward)"],
      ["seed", "the number that random numbers are made from: the same seed, the same numbers"],
      ["noise", "small random numbers that are added: to what is read in chapter 9, to the states in chapter 1"],
      ["Elman", "the plain recurrent cell of chapters 1 to 8, after Jeffrey Elman"],
      [
        "LSTM, GRU",
        "long short-term memory and gated recurrent unit, cells with gates f, i, o or z, r and, in an LSTM, a " +
          "state C. [Chapter 10](#gates)",
      ],
      [
        "orthogonal",
        "of a matrix: it turns and mirrors a state, and makes it neither longer nor shorter. [Chapter 9](#long)",
      ],
      [
        "central differences",
        "a gradient found by trying: E with a weight a little greater, less E with it a little smaller, by the " +
          "distance. [Chapter 13](#exercises)",
      ],
      [
        "ε, margin",
        "how far each number of a state may be off; how far net_y stays from 0, where a digit would turn. " +
          "[Chapter 12](#proof)",
      ],
      ["hash", "a short number that is made from a file, and is another one if the file is changed"],
    ],
  },
  lead: [
    "How a recurrent network learns to add, what it keeps in mind while it does, and how one can be certain that " +
      "it is right. Every figure on this page is a network at work in your browser; every number is its own.",
  ],
  contents: "Chapters",
  chapter: "Chapter",
  dark: "Dark colours",
  light: "Light colours",
  figure: "Figure",
  workshop: {
    title: "The workshop",
    text: [
      "All that the chapters show, for a network of your choice: its task, its cell, its size, its optimiser and " +
        "its noise. Train it, give it numbers of your own, walk through its time, and prove it.",
    ],
    open: "Open the workshop",
  },
  end: [
    "The networks of this page are trained, drawn and checked in your browser. `throughtime studio` shows the " +
      "workshop's panels for data of your own, and keeps what was trained.",
  ],
  chapters: {
    adds: {
      title: "It adds",
      words: {
        carry: "carry",
        sum: "The sum, as on paper",
        ...NUMBERS,
        clouds: "The hidden states of 200 sums, a point for each step, on two axes",
        score: "Sums without a wrong digit",
        right: "N of M sums without a wrong digit",
        learn: "▶ Let it learn",
        on: "▶ Go on",
        pause: "❚❚ Pause",
        done: "It has learned",
        again: "Another network",
        none: "no carry",
        one: "carry 1",
      },
      blocks: [
        {
          text:
            "This network knows nothing. It reads two numbers in *binary*, written with the digits 0 and 1 (*bits*) " +
            "only, and predicts a digit of the sum at each step. It reads from right to left, as you do on paper. " +
            "Its digits below the line are no better than those of a tossed coin.",
          light: "sum",
        },
        {
          text:
            "[Let it learn](learn), for some ten seconds. It is shown 64 random sums at a time, and its weights, " +
            "the numbers that it computes with, are changed a little each time: an *update*. It has had " +
            "{updates} of {all}. While it learns, small random numbers are added to what it keeps, *noise*; " +
            "chapter 12 says why.",
          todo: true,
        },
        {
          text:
            "After each 64 it is tried on 200 sums that it is not trained on in that moment. Without a wrong " +
            "digit: {right}. The sum above is your own choice: type two numbers from 0 to 127 in place of {a} and {b}.",
          light: "score",
        },
        {
          text:
            "What it knows after a step is in sixteen numbers, its *hidden state*. Each point is one such state, " +
            "the shadow of its sixteen numbers on a plane. Before it has learned, there are four clumps, one " +
            "for each pair of digits, and four points apart, those after the very first pair: all it knows is what " +
            "it has read just now. While it learns, they part to " +
            "two sides.",
          light: "clouds",
        },
        {
          text:
            "Two sides of what? Nobody has shown the network anything but digits and sums. Think of what you keep" +
            " in mind yourself when you add {a} and {b} on paper, then [colour the points](reveal).",
          light: "clouds",
          todo: true,
        },
        {
          text:
            "They are the *carry*, and it has two values: nothing is carried, or a 1 is. States after which you " +
            "would carry a 1 lie on one side, those after which you would not lie on the other. The network was " +
            "never shown a carry; it had to find out that there is something to be kept, and to keep it. That is " +
            "also why the sum is read from the right: a carry goes to the left, so it is there when it is needed.",
          light: "clouds",
        },
      ],
    },
    memory: {
      title: "Why memory",
      words: {
        with: "With U",
        without: "Without U",
        share: "P of the digits right, N of 200 sums",
        learn: "▶ Let both learn",
        pause: "❚❚ Pause",
        done: "Both have learned",
        pair: "digits read",
        plain: "digit, no carry",
        carried: "digit, carry 1",
        answer: "without U",
      },
      blocks: [
        "One table of weights, a *matrix*, makes a network recurrent: U. It carries the hidden state of one step " +
          "into the next. " +
          "Nothing else of the past reaches the network: at every step it sees two digits, and its own last state.",
        {
          text:
            "Here are two copies of the network of chapter 1, which begin alike and read the same sums. In the " +
            "second one, U is set to 0 and kept there. [Let both learn](learn).",
          light: "twins",
          todo: true,
        },
        {
          text: "After {updates} updates the first has {remembers} of the digits right, the second {forgets}.",
          light: "twins",
        },
        {
          text:
            "It is no lack of training. Without U the network answers the same to 0 + 1 whenever it reads it, and" +
            " 0 + 1 is 1 without a carry but 0 with one. So it can only bet: its output, a number between 0 and " +
            "1, becomes the share of the sums in which the digit is 1.",
          light: "pairs",
        },
        {
          ask: "When must a network remember?",
          answer: [
            "When the right answer depends on what came before. A word of speech is a sequence of sounds, a " +
              "sentence is translated word by word, a caption grows from the words written so far, tomorrow's " +
              "demand follows from last week's. A recurrent network reads such sequences of any length with one " +
              "small set of weights.",
            "What it writes need not be one bit. To write text it has an output for every letter, or for every word. " +
              "The *softmax*, exp(net_k) over the sum of all exp(net), makes probabilities of them; one letter is " +
              "drawn, and is what it reads next.",
            "Why no network without a loop, which sees the whole sequence at once? It would need an input and " +
              "weights for each place, and would have to learn at each place anew what a carry is; and a longer " +
              "sequence would not fit.",
            "The library that this page belongs to has an example of each on real data: spoken vowels, movements," +
              " handwritten digits, captions, dates in words, English letter by letter, and series to forecast. " +
              "Where another method does better, its gallery says so.",
          ],
        },
      ],
    },
    unit: {
      title: "One unit",
      words: {
        curve: "The sigmoid, with the unit's point on it, the slope there, and the target",
        input: "the input x",
        step: "Take a step",
        again: "Begin anew",
      },
      blocks: [
        {
          text:
            "A hidden unit adds up what it reads, each number times a weight, and a bias: with a single input " +
            "that is net = w·x + b. Then it squashes the sum between 0 and 1. The curve that does this is the " +
            "*sigmoid*, S(net) = 1 / (1 + exp(−net)). Drag the point, or move the input.",
          light: "curve",
          todo: true,
        },
        {
          text:
            "The slope of the curve is y·(1 − y), here {slope}. It is ¼ in the middle and never more; towards " +
            "both ends it fades to nothing. Keep this ¼ in mind for chapter 9.",
          light: "slope",
        },
        {
          text:
            "The unit should say {target} ([change it](target)). Its loss E is half the squared difference, the " +
            "length of the dashed line squared and halved.",
          light: "loss",
        },
        {
          text:
            "How does E change if w grows a little? By the chain rule: E changes with y by y − d, y with net by " +
            "the slope, net with w by x. The product of the first two is the error at the unit's net input, δ. It" +
            " says how E changes with net, and all of back-propagation is about finding it.",
          light: "gradient",
        },
        {
          text:
            "[Take a step](step): the weight moves against its gradient, w becomes w − ∂E/∂w, and b becomes b − " +
            "δ. After step {steps} the loss is {loss}; before it, it was {before}. It falls at every " +
            "press, whatever the input. The *gradient* is this ∂E/∂w, how E changes with a weight; the factor " +
            "before it, the *learning rate*, is 1 here.",
          until:
            "[Take a step](step): the weight moves against its gradient, w becomes w − ∂E/∂w, and b becomes b − " +
            "δ. The loss is {loss} now; it falls at every press, whatever the input. The *gradient* is this " +
            "∂E/∂w, how E changes with a weight; the factor before it, the *learning rate*, is 1 here.",
          light: "loss",
          todo: true,
        },
        {
          ask: "Why is the first step so slow, if one begins far from the target?",
          answer: [
            "Because the slope is small there. A unit that is certain and wrong learns slowest: its error is " +
              "multiplied by y·(1 − y), which is next to nothing. That is what a sigmoid costs, and a reason why " +
              "networks begin with small weights.",
          ],
        },
      ],
    },
    copies: {
      title: "Many copies of one network",
      words: {
        picture: "A network with one hidden unit, with its loop or folded out",
        V: "V, from the input to the hidden unit",
        U: "U, from the hidden unit to itself",
        W: "W, from the hidden unit to the output",
        fold: "Fold it up",
        unfold: "Fold it out",
      },
      blocks: [
        {
          text:
            "A whole recurrent network of one input x, one hidden unit h and one output y, both with a bias of −3 " +
            "(not drawn). What h was at one step comes back to it at the next, through the weight U. So it is " +
            "really one column with a loop: [fold it up](up).",
          light: "U",
          todo: true,
        },
        {
          text:
            "A loop is hard to follow. [Folded out](out), there is one column for each step of time, and the loop " +
            "is a line from each column to the next. It is no longer a loop, only a network of many layers that " +
            "is as long as its sequence.",
          todo: true,
        },
        {
          text:
            "The columns are copies of one network. There is one V, one U and one W, and each copy uses them: " +
            "drag U and all its lines change at once, and with them every state that follows. Blue weights are " +
            "positive, orange ones negative; the thicker, the larger.",
          light: "U",
          todo: true,
        },
        "Click an x to flip it between 0 and 1. With U = 6, the weight it begins with, the 1 in the second column" +
          " is remembered to the end. The last state is {last}; with U = 3 the 1 fades within a few steps, and with" +
          " U = 0 each column knows its own x and nothing else.",
        {
          ask: "Why does the gradient of U need all the columns?",
          answer: [
            "Because U is used in all of them. When U changes a little, every column's state changes, and the " +
              "loss with each. The gradient of U is the sum of what it does in each column: chapter 6 adds it up.",
          ],
        },
      ],
    },
    ...PASSES,
    ...LONG,
    ...PROOF,
  },
};
