"""Draw how hidden states part while a network learns to add, and the sets of the proof: python docs/make_clouds.py."""

import json
import re
from pathlib import Path

import numpy as np

import throughtime as tt
from throughtime import tasks
from throughtime.training import recipes

PICTURES = Path(__file__).parent / "pictures"
WIDTH, HEIGHT, EDGE = 860, 360, 24
WORDS = 28
EVERY = 10
"""Updates between two moments that are recorded."""
SHOWN = (*range(25), *range(26, 60, 4), *range(60, 200, 20), 199)
"""Which of them are shown: more while the network learns."""
SECONDS, REST = 9, 3
"""For the training, and for the sets at the end."""
STYLE = """
  .no { fill: #1d5c99 } .one { fill: #b23c06 } .set { fill: none; stroke: #17714a; stroke-width: 1.5 }
  .no, .one { fill-opacity: 0.6 }
  text { font: 15px system-ui, sans-serif; fill: #454d57 }
  @media (prefers-color-scheme: dark) {
    .no { fill: #7ab8f5 } .one { fill: #ff9c70 } .set { stroke: #66d19a } text { fill: #bcc3cb }
  }
"""


def trained():
    """The default adder, its states (moments, words · steps, H) on some words, and the carry after each step."""
    task = tasks.find("addition")
    recipe = recipes.default(task)
    net = tt.Network(**recipe.network)
    words = task.sample(np.random.default_rng(1), WORDS)
    states = []

    def watch(run):
        states.append(run.network.hidden(words.x)[0].reshape(-1, net.specification.hidden))

    run = tt.train(net, task, callbacks=[watch], log_every=EVERY, **recipe.settings)
    carries = np.concatenate([task.states(x)[1:] for x in words.x])
    proved = tt.prove(run.network, task.machine)
    return np.array(states)[list(SHOWN)], carries, json.loads(proved.certificate.text)["sets"]


def axes_of(states, carries):
    """The middle, and two axes: between the means of both carries, and of the greatest spread beside it."""
    means = [states[carries == carry].mean(0) for carry in (0, 1)]
    middle, across = sum(means) / 2, means[1] - means[0]
    across /= np.linalg.norm(across)
    beside = states - middle
    beside -= np.outer(beside @ across, across)
    return middle, np.stack([across, np.linalg.svd(beside, full_matrices=False)[2][0]], axis=1)


def outline(centre, reach, axes):
    """The polygon that a box of the states is on two axes: a sum of segments, in the order of their angles."""
    segments = reach[:, None] * axes
    segments[segments[:, 1] < 0] *= -1
    order = np.argsort(np.arctan2(segments[:, 1], segments[:, 0]))
    half = np.concatenate([[np.zeros(2)], np.cumsum(2 * segments[order], axis=0)]) - segments.sum(0)
    return centre + np.concatenate([half, -half[1:-1]])


def drawn():
    """The picture: points that move as the states do, and the sets of the proof at the end."""
    states, carries, sets = trained()
    middle, axes = axes_of(states[-1], carries)
    points = (states - middle) @ axes
    boxes = [[np.array([float.fromhex(x) for x in one[end]]) for end in ("lo", "hi")] for one in sets]
    outlines = [outline(((low + high) / 2 - middle) @ axes, (high - low) / 2, axes) for low, high in boxes]
    every = np.concatenate([points.reshape(-1, 2), *outlines])
    low, high = every.min(0), every.max(0)
    scale = np.array([WIDTH - 2 * EDGE, HEIGHT - 3 * EDGE]) / (high - low)
    place = lambda found: np.array([WIDTH / 2, HEIGHT / 2]) + (found - (low + high) / 2) * scale * [1, -1]  # noqa: E731
    whole, share = SECONDS + REST, SECONDS / (SECONDS + REST)
    times = ";".join(f"{share * k / (len(points) - 1):.3f}" for k in range(len(points))) + ";1"
    timing = f'dur="{whole}s" repeatCount="indefinite"'

    def moving(name, values):
        held = ";".join(f"{value:.0f}" for value in [*values, values[-1]])
        return f'<animate attributeName="{name}" values="{held}" keyTimes="{times}" {timing}/>'

    shapes = []
    for one, path in zip(carries, place(points).transpose(1, 0, 2), strict=True):
        (x, y), moves = path[-1], moving("cx", path[:, 0]) + moving("cy", path[:, 1])
        shapes.append(f'<circle class="{"one" if one else "no"}" r="3" cx="{x:.0f}" cy="{y:.0f}">{moves}</circle>')
    appearing = (
        f'<animate attributeName="opacity" values="0;0;1;1" keyTimes="0;{share:.3f};{share + 0.06:.3f};1" {timing}/>'
    )
    corners = (" ".join(f"{x:.1f},{y:.1f}" for x, y in place(found)) for found in outlines)
    rings = "".join(f'<polygon class="set" points="{each}"/>' for each in corners)
    legend = "".join(
        f'<g transform="translate({EDGE + 150 * k} {HEIGHT - 12})">{mark}<text x="12" y="5">{name}</text></g>'
        for k, (mark, name) in enumerate(
            [
                ('<circle class="no" r="4"/>', "no carry"),
                ('<circle class="one" r="4"/>', "carry 1"),
                ('<rect class="set" x="-6" y="-5" width="12" height="10" rx="2"/>', "sets of the proof"),
            ]
        )
    )
    says = "Hidden states of a network that learns to add: carry 1 parts from no carry; then the sets of the proof."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'aria-label="{says}">\n<style>{STYLE}</style>\n'
        + "\n".join(shapes)
        + f"\n<g>{rings}{appearing}</g>\n{legend}\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    text = drawn()
    (PICTURES / "clouds.svg").write_text(text)
    (PICTURES / "clouds-still.svg").write_text(re.sub("<animate[^>]*/>", "", text))  # for who wants no motion
