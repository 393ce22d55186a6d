/**
 * The lesson's text in English; parts of it stand in en_long.js and en_proof.js. How a text is written, `prose.js`
 * says.
 */
import { LONG } from "./en_long.js";
import { PROOF } from "./en_proof.js";

/** @type {import("./types.d.ts").Text} */
export const TEXT = {
  title: "A network that remembers",
  lead: [
    "How a recurrent network learns to add, what it keeps in mind while it does, and how one can be certain that " +
      "it is right. Every figure on this page is a network at work in your browser; every number is its own.",
  ],
  contents: "Chapters",
  chapter: "Chapter",
  dark: "Dark colours",
  light: "Light colours",
  figure: "Figure",
  end: [
    "The networks of this page are trained, drawn and checked in your browser. `throughtime studio` shows the " +
      "same panels for networks and data of your own.",
  ],
  chapters: {
    adds: {
      title: "It adds",
      words: {
        carry: "carry",
        sum: "The sum, as on paper",
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
            "This network knows nothing. It reads two numbers digit by digit, from right to left, as you do on " +
            "paper, and predicts a digit of the sum at each step. Its digits below the line are no " +
            "better than those of a tossed coin.",
          light: "sum",
        },
        {
          text:
            "[Let it learn](learn). It is shown random sums, {updates} times 64 of them by now, and nothing but " +
            "sums.",
          todo: true,
        },
        {
          text:
            "After each 64 it is tried on 200 sums that it is not trained on in that moment. Without a wrong " +
            "digit: {right}.",
          light: "score",
        },
        {
          text:
            "What it knows after a step is in sixteen numbers, its *hidden state*. Each point is one such state, " +
            "the shadow of its sixteen numbers on a plane. Before it has learned, there are four clumps, one " +
            "for each pair of digits: all it knows is what it has read just now. While it learns, they part to " +
            "two sides.",
          light: "clouds",
        },
        {
          text:
            "Two sides of what? Nobody has shown the network anything but digits and sums. Think of what you keep" +
            " in mind yourself when you add 107 and 27 on paper, then [colour the points](reveal).",
          light: "clouds",
          todo: true,
        },
        {
          ask: "What are the two sides?",
          answer: [
            "They are the *carry*. States after which you would carry a 1 lie on one side, those after which you " +
              "would not lie on the other. The network was never shown a carry; it had to find out that there is " +
              "something to be kept, and to keep it.",
          ],
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
        plain: "right, no carry",
        carried: "right, carry 1",
        answer: "without U",
      },
      blocks: [
        "One matrix makes a network recurrent: U. It carries the hidden state of one step into the next. " +
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
            "δ. After {steps} steps the loss is {loss}; before the last one it was {before}. It falls at every " +
            "press, whatever the input.",
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
            "Here is a whole recurrent network of one input x, one hidden unit h and one output y, both with a " +
            "bias of −3. The loop is what makes it recurrent: what h was at one step comes back to it at the " +
            "next, through the weight U.",
          light: "U",
        },
        {
          text:
            "A loop is hard to follow. [Fold it out](fold): one column for each step of time, and the loop " +
            "becomes a line from each column to the next. It is no longer a loop, only a deep network that is " +
            "as long as its sequence.",
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
    forward: {
      title: "Forward",
      words: {
        carry: "carry",
        sum: "The sum, as on paper",
        grid: "The numbers of the forward pass: a column for each step of time",
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
            " 107 + 27 with it, from the rightmost digits on: [next step](next).",
          light: "sum",
          todo: true,
        },
        {
          text:
            "At each step it reads two digits, x_t, and its own last state, h_{t−1}. Each of the sixteen units " +
            "adds up both, times their weights, and squashes the sum with the sigmoid: h_t = S(x_t V + h_{t−1} U " +
            "+ b_h). Before the first step the state is 0. The steps stand from left to right, so the rightmost " +
            "digits are in column 1.",
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
            "When all is read, [the loss](loss) is known: at each step half the squared difference, E_t = ½ (y_t " +
            "− d_t)², and for this example their sum, {loss}. Of the eight digits {wrong} are wrong. [Another " +
            "example](other).",
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
            "Each step has made an error, and learning must find out who is to blame. Begin at the end: [next " +
            "step](next). At the last step the blame is as in chapter 3. The output's error is δ_{y,t} = (y_t − " +
            "d_t) · y_t (1 − y_t), and it goes back to the hidden units through W.",
          light: "delta_y",
          todo: true,
        },
        {
          text:
            "At every other step the state has done two things: it has made the output of its own step, and it " +
            "has gone into the next state. So its error comes from two sides, δ_{h,t} = (δ_{y,t} Wᵀ + δ_{h,t+1} " +
            "Uᵀ) ∘ h_t (1 − h_t). That is why one goes backward: δ_{h,t+1} must be there before δ_{h,t}.",
          light: "delta_h",
        },
        {
          text:
            "Choose a cell of δ_h and read its formula: the part with W is the step's own error, the part with U " +
            "has come back from the step after. At the last step nothing comes back.",
          light: "formula",
        },
        {
          text:
            "U is used at every step, so its gradient is a sum over the steps: ∇U = Σ h_{t−1}ᵀ δ_{h,t}. Each step" +
            " that the errors reach adds its part to the picture. Go [to the end](all), and it is complete: what " +
            "is missing is {rest}.",
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
            "[Update](once): each weight moves against its gradient, w becomes w − {rate} · ∂E/∂w. The picture of" +
            " the changes is that of the gradient with its colours exchanged: of {all} weights, {against} have " +
            "moved against their gradient.",
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
        "In 2015 a short Python program that learns to add made many people understand recurrent networks. Here " +
          "is one of ours that does the same in the textbook's symbols: forty lines of NumPy, and all of " +
          "chapters 3 to 7 is in them.",
        {
          text:
            "Three matrices are all that it learns: V reads the digits, U the state before, W reads out the sum. " +
            "They begin at random, and the generator's seed makes it the same random at every run, in Python and " +
            "on this page.",
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
            "tenth of it.",
          light: "update",
        },
        {
          text:
            "[Run it](run). Here it runs in JavaScript, and prints what NumPy prints, to the last digit; {pair} " +
            "pairs are learned by now, the weights updated {order}. The last error is {error}.",
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
        {
          ask: "Why does the program not run, or print other numbers, when it is copied from an article?",
          answer: [
            "Articles print it in Python 2, where `print` stands without brackets. In one that many have read, " +
              "`copy` is used and never imported, and the update and the report stand inside the backward loop: so " +
              "the weights change at every step, and each report comes eight times.",
            "[Update at every step](order) and run it again: the first error is the same, the second is " +
              "3.63415232 in place of 3.63389116, the last 0.1969151 in place of 0.21595037. It learns as well, but" +
              " its steps are no longer the gradient of anything: δ_h of step t is computed with weights that step " +
              "t + 1 has already changed.",
          ],
        },
      ],
    },
    ...LONG,
    ...PROOF,
  },
};
