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
      set: "set Q, carry C",
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
          "on its states while it learns. It goes on until it adds all pairs right; by now it has had {updates} " +
          "updates.",
        light: "tested",
        todo: true,
      },
      {
        text:
          "Then longer sums are tried, simple ones first: one or two pairs of digits at the beginning, and " +
          "others that repeat. The network that adds {passed} of 65,536 pairs right has its first wrong digit " +
          "at digit {digits} of the sum above.",
        light: "wrong",
      },
      {
        text:
          "Its memory shows why. The dots are the LSTM's C after each digit of 500 sums of 8-bit numbers, the " +
          "outlines go round all of them, without a carry and with one. The numbered path is the long sum. It " +
          "begins inside; at digit {left} it has left the outline of its carry, and comes where nothing that " +
          "was tested ever was. Horizontal is the direction of the carry, vertical the cell that goes farthest " +
          "astray.",
        light: "path",
      },
      "[Another LSTM](again) goes wrong at another sum. Longer tests would only find later errors; there are " +
        "always longer sums. What holds for every length has to be proved.",
      {
        text:
          "This is an adder of chapter 1's recipe, trained and proved when this page was written. Each shape is " +
          "a *set*: a box of states in sixteen dimensions, seen from a side on which the carry goes from left " +
          "to right. There are {sets} sets, and every set has one carry.",
        light: "sets",
      },
      {
        text:
          "Choose the next two digits: [0 + 0](00), [0 + 1](01), [1 + 0](10) or [1 + 1](11). The green point is " +
          "the network's state, which reads them. The filled shapes are the *images* of the sets: all states " +
          "that can come next. An arrow goes from each set to its image, and the image lies in a set again.",
        light: "inputs",
        todo: true,
      },
      "That is the whole argument. The state begins in a set. From every set, every input leads into a set, the " +
        "one with the right carry, and writes the right digit on the way. So it goes on for ever, whatever the " +
        "numbers are. Of {firsts} images {inside} are inside at once; the others (dashed) are followed for one " +
        "more input, and have to be inside then.",
      {
        text:
          "You need not believe it. [Check the proof](check): your browser computes all images by itself, with " +
          "all rounding errors counted against the network. It took {took} milliseconds here.",
        light: "stamp",
        todo: true,
      },
      {
        text:
          "What has been checked: started from h = 0, this network writes the right digit at every step of " +
          "every sum, by a margin of at least {margin} in net_y, even if each number of its state is off by ε = " +
          "{epsilon} at every step. Floating-point numbers are off by at most {rounding}. It took {sets} sets " +
          "and {checked} images.",
        light: "stamp",
      },
      {
        text:
          "Now cheat. [Change the last digit of a weight](digit). [Turn the sign of a weight, and forge the " +
          "hash](sign) that would give it away. [Shrink a set](shrink), number {chosen}, to half its size, or " +
          "click another one first. The checker's answer: {verdict}. [Put it right](whole).",
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
};
