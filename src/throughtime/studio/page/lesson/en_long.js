/** The text of the chapters on long memory, a part of `en.js`. */

/** @type {Record<string, import("./types.d.ts").ChapterText>} */
export const LONG = {
  long: {
    title: "Why long memory is hard",
    words: {
      picture: "The error on its way back, on a scale of powers of ten; at the first step there is left of it",
      gap: "gap",
      gain: "how strong U is",
      last: "last step",
      back: "N steps back",
      another: "Another network",
      "use tanh": "Use tanh",
      "use sigmoid": "Use the sigmoid",
      run: "▶ Train a hundred networks",
      pause: "❚❚ Pause",
      done: "All are trained",
      progress: "Networks trained",
      of: "learned, by gap",
      sigmoid: "Elman, sigmoid",
      small: "Elman, tanh, U halved",
      tanh: "Elman, tanh, orthogonal U",
      lstm: "LSTM, forget bias 1",
    },
    blocks: [
      {
        text:
          "A network that reads a symbol and then {gap} steps of noise is to predict at the end which symbol " +
          "it was. Its error is known at the last step; what is to be learned happened at the first. So the " +
          "error must travel back over the gap: at every step it is multiplied by the weights U and by the " +
          "slope of each unit.",
        light: "back",
      },
      {
        text:
          "The curve is the length of δ_h on its way, from the last step on the right to the first on the " +
          "left; each line is ten powers of ten below the one above. This network's units are {activation}. " +
          "With the sigmoid, whose slope is at most ¼, as you saw in chapter 3, the error shrinks to less than " +
          "a quarter at each step. Drag the gap: at the first step {share} of the error is left.",
        light: "back",
        todo: true,
      },
      {
        text:
          "With [tanh](tanh), which squashes between −1 and 1 and whose slope is 1 in the middle, and a U that " +
          "only turns a state and leaves it as long as it was (it is *orthogonal*), the error hardly fades. *How " +
          "strong U is* multiplies U: below 1 the error fades again, and [at 3 it grows](explode), in most " +
          "networks more than a thousandfold over 50 steps: it *explodes*.",
        light: "gain",
        todo: true,
      },
      {
        text:
          "A step along a gradient that has exploded would throw the network away. So a gradient longer than 1 " +
          "is cut to the length 1, its direction kept: *clipping*. The gradient here, of all weights together, " +
          "is {gradient} long, and {clipped} after clipping; it is more than 1 long when the error " +
          "[explodes](explode). Clipping mends what explodes; nothing can be done to a gradient that has faded.",
        light: "back",
      },
      {
        text:
          "Who can learn over a gap? [Train a hundred networks](run), five of each kind for each gap; it takes some " +
          "seconds. One has learned it if it is right on 99 % of new sequences. *Elman* is the plain recurrent " +
          "cell of the chapters so far, *LSTM* (long short-term memory) that of the next one, and *forget bias 1* " +
          "its usual beginning.",
        light: "race",
        todo: true,
      },
      {
        text:
          "The sigmoid network learns nothing from a gap of 10 on. But it is not the plain recurrent cell that " +
          "cannot: with tanh and an orthogonal U the same cell learns over all these gaps, as nearly every " +
          "LSTM of the next chapter's kind does. With that U at half its strength it fails at 20 and 40 more " +
          "often than not. *Activation, initialisation and cell* decide together: what counts is how far " +
          "errors reach before anything is learned.",
        light: "race",
      },
      {
        ask: "Is that all there is to long memory?",
        answer: [
          "It is one bit over a gap. Other tasks weigh differently: in the adding problem, where a network " +
            "must keep real numbers and leave out others, an orthogonal U learned nothing and gates did. The " +
            "library's laboratory, `throughtime lab gap`, measures twenty networks of each of seven kinds, up " +
            "to a gap of 200.",
        ],
      },
    ],
  },
  gates: {
    title: "Gates",
    words: {
      f: "forget gate",
      i: "input gate",
      C_tilde: "candidate",
      "letter C_tilde": "C̃",
      o: "output gate",
      z: "update gate",
      r: "reset gate",
      n: "candidate",
      "letter n": "ñ",
      "hand f": "forget gate f, by hand",
      "hand i": "input gate i, by hand",
      "hand z": "update gate z, by hand",
      "free f": "forget gate f, as it learned",
      "free i": "input gate i, as it learned",
      "free z": "update gate z, as it learned",
      strip: "The twelve steps: what is read, the memory, and the output",
      value: "value",
      write: "write",
      output: "output",
      step: "step",
      free: "As it learned",
      gru: "See the GRU",
      lstm: "Back to the LSTM",
    },
    blocks: [
      {
        text:
          "If errors fade because each step multiplies them by weights and slopes, build a cell whose memory " +
          "goes from step to step without either. An LSTM (long short-term memory) keeps a *cell state* C beside " +
          "h; it runs along the line at the top, and three gates decide what happens to it.",
        light: "C",
      },
      {
        text:
          "This cell is a network of one unit, trained in your browser. It reads a value and a pencil: where " +
          "the pencil writes, the value is to be kept and predicted at every step until the next write. Its " +
          "output is right at {right} of the 12 steps. Choose a step; the drawing shows its numbers, now those " +
          "of step {now}.",
        until:
          "This cell is a network of one unit, trained in your browser. It reads a value and a pencil: where " +
          "the pencil writes, the value is to be kept and predicted at every step until the next write. The drawing " +
          "is of the GRU now, at step {step}, whose output is right at {right} of the 12 steps: [back to the " +
          "LSTM](lstm).",
        light: "strip",
        todo: true,
      },
      {
        text:
          "Each gate is a sigmoid of x_t and h_{t−1}: a number between 0, shut, and 1, open. The *forget gate* " +
          "f multiplies what C was: {f} of {before} is kept. It is above 0.7 at the steps that only read, and " +
          "below 0.3 at those that write.",
        light: "f",
      },
      {
        text: "The *candidate* C̃, between −1 and 1, is what could be stored: {c_tilde}.",
        light: "C_tilde",
      },
      {
        text: "The *input gate* i says how much of the candidate comes in: {i}.",
        light: "i",
      },
      {
        text:
          "Both are added: C_t = f·C_{t−1} + i·C̃ = {c}. Along this line the error of a step reaches the one " +
          "before it multiplied by f and by nothing else. As long as f is near 1, it hardly fades.",
        light: "C",
      },
      {
        text: "The *output gate* o says how much of it is shown, {o}: h_t = o·tanh C_t = {h}.",
        light: "o",
      },
      {
        text:
          "Now take the forget gate by hand, with its slider: f is what you say, at every step, whatever is " +
          "read. At [0](0) the memory is gone at the next step; at [½](0.5) it is about halved at each, and soon " +
          "nothing is left of it. At [1](1) nothing is ever lost, and that is no good either: what is written is " +
          "added to what was there before. The outlines are the memory [as it learned](free).",
        light: "hand",
        todo: true,
      },
      {
        text:
          "Take the input gate, too. At [i = 0](shut) nothing comes in, and with f = 1 beside it C stays exactly " +
          "what it was, whatever is read: begun at 0, it is 0 to the end. At [i = 1](wide) every candidate comes " +
          "in, also at the steps that only read.",
        light: "hand",
        todo: true,
      },
      {
        text:
          "A [GRU](gru) (gated recurrent unit) does with less. It has no C and no output gate: its memory is h " +
          "itself. One *update gate* z both keeps " +
          "the old and lets in the new, h_t = z·h_{t−1} + (1 − z)·ñ, and a *reset gate* r says how much of the " +
          "old the candidate ñ sees. Here, too, the gate is near 1 where only is read, and near 0 where the " +
          "pencil writes; at step {step} it is {z}.",
        light: "z",
      },
      {
        ask: "Are there other ways to remember?",
        answer: [
          "Cells are stacked in layers, of which each reads the states of the one below. Where a whole sequence is " +
            "there before an answer is due, a second network reads it from its end, and both states are used.",
          "A *transformer* has no state that it hands on. At each step it looks at all that came before, and weighs " +
            "it. So no error has to travel far, and all steps are learned at once; but each further step costs more " +
            "than the one before, and all has to be kept. A recurrent network takes the same time and memory at " +
            "every step, however long it has been running, which is why it is at home in sensors, sound and small " +
            "devices.",
        ],
      },
    ],
  },
  plane: {
    title: "The shape of memory",
    words: {
      reads: "it reads X",
      bend: "how much of the step is taken",
      step: "Take a step",
      learn: "▶ Let it learn",
      on: "▶ Go on",
      pause: "❚❚ Pause",
      done: "It has learned",
      again: "Another network",
      not: "not greater so far",
      greater: "greater so far",
      attracting: "attracting",
      repelling: "letting go",
    },
    blocks: [
      "Sixteen numbers cannot be drawn without loss; two can. This network has only two hidden units, so that " +
        "its state is a point in a plane. It reads two numbers digit by digit from right to left, and predicts " +
        "at each step whether the first is the greater one so far.",
      {
        text:
          "A step with given digits moves every state there is: it bends the plane. There are four pairs of " +
          "digits, and four ways to bend it. Before the step the grid is straight; the points are states that the " +
          "network was in, blue where the first number is not greater so far, orange where it is: 10 beside 01 " +
          "is not greater after one digit from the right, and is after two. [Take a step](step) to see where they go.",
        light: "bend",
        todo: true,
      },
      {
        text:
          "[Let it learn](learn), for some ten seconds, and see how a step comes to bend the four. After " +
          "{updates} updates it is right at every step for {right} of {all} pairs of numbers.",
        light: "planes",
        todo: true,
      },
      {
        text:
          "1 0 and 0 1 decide everything: the first number is the greater one so far, or it is not, whatever " +
          "was before. Once the network has learned, each of the two has one *fixed point*, a state that the " +
          "step leaves where it is, and it attracts: repeat the step, and every state falls to it. The two " +
          "points lie on different sides of the dashed line, on which the output is ½.",
        light: "decide",
      },
      {
        text:
          "0 0 and 1 1 decide nothing: what was is to be kept. Once the network has learned, each of the two has " +
          "two attracting points, one on either side of the line, and between them one that lets go, the ring. A " +
          "state near either point is pulled to it, step after step, for as long as one likes. That is what a " +
          "remembered bit is: not a number that is handed on and wears away, but a place that pulls in what is " +
          "near.",
        light: "hold",
      },
      {
        ask: "Does every such network find this shape?",
        answer: [
          "This one does from each of the first ten seeds, of which [another network](again) takes the next " +
            "one: the planes are turned and mirrored, and their fixed points are the same in number and in kind. " +
            "A test of this page trains them all.",
          "Pulling in what is near is what makes the bit safe, and what makes its error fade on the way back: " +
            "where states come together, derivatives are small. A network must find the places before it can " +
            "lean on them, and that is why its beginning decides so much.",
        ],
      },
    ],
  },
};
