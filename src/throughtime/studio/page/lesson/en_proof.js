/** The text of the chapters on proof and of the exercises, a part of `en.js`. */

/** @type {Record<string, import("./types.d.ts").ChapterText>} */
export const PROOF = {
  proof: {
    title: "Right for every length",
    words: {
      first: "A wrong sum",
      second: "The proof",
      panes: "Pictures of this chapter",
      carry: "carry",
      sum: "A sum that goes wrong, as on paper",
      memory: "The memory C of an LSTM after each step of 500 sums, and on the way of a longer one",
      tested: "Pairs of 8-bit numbers that are added right",
      updates: "U updates",
      testing: "N of 65536 pairs right so far",
      tests: "all 65536 pairs of 8-bit numbers right",
      learn: "▶ Let an LSTM learn",
      on: "▶ Go on",
      pause: "❚❚ Pause",
      refuted: "It is refuted",
      again: "Another LSTM",
      none: "no carry",
      one: "carry 1",
      sets: "The sets of the proof, on two axes",
      set: "Set Q, carry C. It leads to sets: LEADS.",
      begin: "start",
      "key state": "state",
      "key chosen": "chosen set, its arrow",
      "key image": "image inside a set",
      "key outside": "image not inside yet",
      inputs: "The next two digits",
      progress: "Images that have been checked",
      check: "Check the proof",
      unchecked: "Not yet checked by this browser",
      image: "N images checked",
      accepted: "N images checked: accepted",
      right: "right for numbers of every length",
      rejected: "rejected",
    },
    blocks: [
      "There are 65,536 pairs of 8-bit numbers, and a computer tries them all in a moment. If a network adds " +
        "every one of them right, is it right?",
      {
        text:
          "[Let an LSTM learn](learn), on sums as in chapter 1, but without the noise that the adder there has " +
          "on its states while it learns. (An LSTM is the cell of chapter 10.) It goes on until it adds all pairs " +
          "right, for some seconds; by now it has had {updates} updates.",
        light: "tested",
        todo: true,
      },
      {
        text:
          "Then longer sums are tried, simple ones first: one or two pairs of digits at the beginning, and " +
          "others that repeat. The network that adds {passed} of 65,536 pairs right has its first wrong digit " +
          "at digit {digits} of the sum in the picture.",
        until:
          "Then longer sums will be tried, simple ones first: one or two pairs of digits at the beginning, and " +
          "others that repeat. One of them will come out wrong.",
        light: "wrong",
      },
      {
        text:
          "Its memory shows why. The dots are the LSTM's C after each digit of 500 sums of 8-bit numbers, the " +
          "outlines go round all of them, without a carry and with one. The numbered path is the long sum. It " +
          "begins inside; at digit {left} it has left the outline of its carry, and comes where nothing that " +
          "was tested ever was. Horizontal is the direction of the carry, vertical the number of C that goes " +
          "farthest astray.",
        until:
          "Its memory will show why. The dots are the LSTM's C after each digit of 500 sums of 8-bit numbers, the " +
          "outlines go round all of them, without a carry and with one; before it has learned, the two overlap. The " +
          "way of the long sum will leave them.",
        light: "path",
      },
      "[Another LSTM](again) goes wrong at another sum. Longer tests would only find later errors; there are " +
        "always longer sums. What holds for every length has to be proved.",
      {
        text:
          "This is an adder of chapter 1's recipe, trained and proved when this page was written. Each shape is " +
          "a *set*: a box of states in sixteen dimensions, seen from a side on which the carry goes from left " +
          "to right. There are {sets} sets, some of them so small that a ring stands for them, and every set has " +
          "one carry. Point at one, and below the picture stands where it leads.",
        light: "sets",
      },
      {
        text:
          "The green point is the network's state. It begins at *start*, in set 0, the states next to h = 0. " +
          "Choose the next two digits: [0 + 0](00), [0 + 1](01), [1 + 0](10) or [1 + 1](11), and it reads them. " +
          "The filled shapes are the *images* of the sets: all states that can come next. An arrow goes from " +
          "each set to its image; the image lies in a set again, or, if it is dashed, comes to lie in one when " +
          "two more digits are read.",
        light: "inputs",
        todo: true,
      },
      "That is the whole argument. The state begins in a set. From every set, every input leads into a set, the " +
        "one with the right carry, at once or after one more input, and writes the right digit on the way. So it " +
        "goes on for ever, whatever the numbers are. Of {firsts} images {inside} are inside at once; the others " +
        "(dashed) are followed for one more input, and have to be inside then.",
      {
        text:
          "You need not believe it. [Check the proof](check): your browser computes all images by itself, with " +
          "all rounding errors counted against the network. It took {took} milliseconds here.",
        until:
          "You need not believe it. [Check the proof](check): your browser computes all images by itself, with " +
          "all rounding errors counted against the network, in a second or less.",
        light: "stamp",
        todo: true,
      },
      {
        text:
          "What has been checked: started from h = 0, this network writes the right digit at every step of every " +
          "sum, by a margin of at least {margin} in net_y, even if each number of its state is off by ε = " +
          "{epsilon} at every step. (Above 0, net_y makes a 1, below it a 0.) Numbers in a computer are rounded, " +
          "and off by at most {rounding} here. It took {sets} sets and {checked} images.",
        until:
          "Once it has been checked, here stands by how much the network is right, and how much each number of its " +
          "state may be off.",
        light: "stamp",
      },
      {
        text:
          "Now cheat. [Change the last digit of a weight](digit). [Turn the sign of a weight, and forge the " +
          "hash](sign) that would give it away. [Shrink a set](shrink), number {chosen}, to half its size, or " +
          "click another one first. The checker's answer: {verdict}. [Put it right](whole).",
        until:
          "Now cheat. [Change the last digit of a weight](digit). [Turn the sign of a weight, and forge the " +
          "hash](sign) that would give it away, a number made from all weights. [Shrink a set](shrink), number " +
          "{chosen}, to half its size, or click another one first.",
        light: "verdict",
        todo: true,
      },
      {
        ask: "Why can a network be proved at all?",
        answer: [
          "A state is a list of real numbers, and there are infinitely many; so is the number of sums. But the " +
            "network forgets: whatever a set's states differ in, all of them are drawn together when they read " +
            "the next digits, and their image is smaller than the set that it has to fit into. Noise while it " +
            "learns makes it so, as states that differ a little then have to lead to the same digits.",
          "The sets need not be found in your browser. However they were found, once they are there, a look at " +
            "each image is enough. A first checker, in Python, has given the same answer before the certificate " +
            "was put into this page.",
        ],
      },
    ],
  },
  exercises: {
    title: "Exercises",
    words: {
      carry: "carry",
      sum: "A sum, as on paper",
      another: "Another sum",
      ask: "What will the network write at step STEP?",
      hit: "Right: A + B and the carry C are SUM, so the digit is DIGIT, and NEXT is carried.",
      miss: "No: A + B and the carry C are SUM, so the digit is DIGIT, and NEXT is carried.",
      end: "The sum is complete; N of 8 digits were predicted right.",
      step: "step",
      find: "At which step does the reach end?",
      ends: "Right: at step STEP, P % is left, and at every later step it was 1 % or more.",
      later: "No: at step STEP, P % is still left. Go farther back.",
      earlier: "No: at step STEP, P % is left, but it was below 1 % at a later step.",
      changes: "What changes while it is trained on",
      noise: "noise on the states",
      decay: "weight decay",
      longer: "sums of 12 bits",
      repair: "▶ Train on, then ask for the proof",
      other: "Another network",
      searching: "A network learns 8-bit sums …",
      start: "Refuted: after U updates it adds all 65,536 pairs of 8-bit numbers right, and this sum wrong.",
      trains: "It has U updates more; then a wrong sum is looked for, and a proof …",
      refuted: "Refuted: wrong on SUM, at digit N.",
      undecided: "Undecided: no wrong sum was found, and no proof: no sets of states that lead into one another.",
      proved:
        "Proved: right for numbers of every length. Your browser has checked SETS sets of states and IMAGES images.",
      code: "Your program",
      run: "▶ Compare with central differences",
      anew: "Begin anew",
      running: "It runs …",
      write: "Not yet compared.",
      slow: "It was stopped, as it took longer than 2 seconds.",
      error: "It does not run: ERROR",
      shape: "The gradient of NAME has not the shape of NAME, or is not of numbers.",
      agree: "Right: every number agrees with central differences. This is back-propagation through time.",
      differs: "WHERE is VALUE; central differences say RIGHT.",
      first: "The first step is never back-propagated: let the loop go on to step 0.",
      pairing: "In U, δ of a step is paired with h of the same step; it belongs to h of the step before.",
      transposes: "Going back through U takes its transpose: U[j][k] in place of U[k][j].",
      slope: "The slope of the state is missing: δ of the state has a factor h (1 − h).",
      future: "Nothing comes back from the step after: δ of the state has a second part, through U.",
      stub:
        "// after step t: h[t + 1][j], y[t]; h[0] is 0\nfunction backward(x, h, y, d, V, U, W) {\n  const [T, " +
        "H] = [y.length, W.length];\n  const zeros = (n) => Array.from({ length: n }, () => " +
        "Array(H).fill(0));\n  const [dV, dU, dW] = [zeros(2), zeros(H), Array(H).fill(0)];\n  // from the last " +
        "step to the first …\n\n  return { V: dV, U: dU, W: dW };\n}\n",
    },
    blocks: [
      "Four exercises that check themselves. Each has a link that can be given to others.",
      {
        id: "exercise-digit",
        text:
          "*[Predict a digit](#exercise-digit).* The proved adder of chapter 12 reads a sum from right to left. " +
          "Before each of its steps, press the digit that it will write. You need what it needs: a carry in mind. " +
          "[Another sum](digit).",
        light: "digit",
        todo: true,
      },
      {
        id: "exercise-reach",
        text:
          "*[Find the end of a reach](#exercise-reach).* The error at step 8 goes back; the buttons show the size " +
          "of what is left of it at each step. Press the first step, going back, at which less than 1 % of its " +
          "size at step 8 is left. [Another sum](reach).",
        light: "reach",
        todo: true,
      },
      {
        id: "exercise-backward",
        text:
          "*[Write backward](#exercise-backward).* The network is that of chapter 8, with four units and five " +
          "steps: h is S(x V + h U), y is S(h W), and E is the sum of ½ (y − d)². Write the gradients in [the " +
          "box](backward), in JavaScript; the program stays in your browser. Central differences, which know " +
          "nothing of back-propagation, judge it on new weights each time, and name the fault if it is one that " +
          "others have made before.",
        light: "backward",
        todo: true,
      },
      {
        id: "exercise-repair",
        text:
          "*[Repair a network](#exercise-repair).* It has just learned all pairs of 8-bit numbers, and adds a " +
          "longer sum wrong. Choose what changes while it is trained on, until it is proved. Each attempt begins " +
          "with the refuted network; more updates alone do not suffice. [Another network](repair).",
        light: "repair",
        todo: true,
      },
    ],
  },
};
