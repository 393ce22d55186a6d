"""The page's GIFs, read by Pillow."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

GIF = Path(__file__).parents[2] / "src" / "throughtime" / "studio" / "page" / "gif.js"
W, H = 97, 61
COLOURS = np.array([[255, 255, 255], [0, 0, 0], [200, 30, 30], [20, 120, 220]], np.uint8)

WRITE = """
import { readFileSync, writeFileSync } from "node:fs";
const [at, folder, width, height, colours] = process.argv.slice(-5);
const { Gif } = await import(at);
const gif = new Gif(Number(width), Number(height), JSON.parse(colours));
const size = 4 * width * height;
const pixels = new Uint8ClampedArray(readFileSync(folder + "/pixels"));
for (let k = 0; k < pixels.length; k += size) gif.add(pixels.slice(k, k + size), 7);
gif.add(pixels.slice(-size), 150);
writeFileSync(folder + "/film.gif", Buffer.from(await gif.done().arrayBuffer()));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_each_picture_is_read_as_it_was(tmp_path):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    place = rng.integers(4, size=(H, W))  # more than one dictionary of codes
    pictures = []
    for share in (1, 0, 0.01, 0.3, 1, 0.001):  # the second is as the first, and is left out
        place = np.where(rng.random((H, W)) < share, rng.integers(4, size=(H, W)), place)
        pictures.append(np.dstack([COLOURS[place], np.full((H, W), 255, np.uint8)]))
    pictures[3][20:40] = pictures[2][20:40]
    (tmp_path / "pixels").write_bytes(b"".join(picture.tobytes() for picture in pictures))
    (tmp_path / "write.mjs").write_text(WRITE)
    command = ["node", tmp_path / "write.mjs", GIF.as_uri(), tmp_path, str(W), str(H), str(COLOURS.tolist())]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    with image.open(tmp_path / "film.gif") as film:
        assert (film.size, film.n_frames) == ((W, H), 5)
        assert (film.info["loop"], film.info["duration"]) == (0, 70)
        for k, picture in enumerate(pictures[:1] + pictures[2:]):
            film.seek(k)
            np.testing.assert_array_equal(np.asarray(film.convert("RGBA")), picture)
        assert film.info["duration"] == 1500  # the last one stays in sight, also where nothing moved any more
