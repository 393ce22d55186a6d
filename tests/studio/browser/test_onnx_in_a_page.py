"""examples/watch.html: an ONNX model with its state, step by step in onnxruntime-web, beside the network."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from throughtime.bridges.onnx import to_onnx
from throughtime.sklearn import SequenceClassifier

ROOT = Path(__file__).parents[3]
RUNTIME = ROOT / "node_modules/onnxruntime-web/dist"
CLASSES = ("runs", "stands", "walks")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(tmp_path):
    if not RUNTIME.is_dir():
        pytest.skip("needs onnxruntime-web: npm install")
    for name in ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"):
        (tmp_path / name).symlink_to(RUNTIME / name)
    (tmp_path / "watch.html").write_bytes((ROOT / "examples/watch.html").read_bytes())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/watch.html"
        server.shutdown()
        thread.join(60)


@pytest.mark.long
def test_step_by_step(watched, address, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(3, 5, size=(30, 9, 6))
    model = SequenceClassifier(cell="gru", hidden=24, max_iter=3, dtype="float32", random_state=0)
    model.fit(X, np.resize(CLASSES, 30))
    to_onnx(model, tmp_path / "gesture.onnx", state=True)
    page = watched(address, wait=False).page
    page.wait_for_function("() => window.step !== undefined")
    for x in X[:2]:
        page.evaluate("reset()")
        for t in range(len(x)):
            y = page.evaluate("numbers => step(numbers)", x[t].tolist())
            expected = model.predict_proba(x[None, : t + 1])[0]
            np.testing.assert_allclose(y, expected, atol=1e-5)
            assert page.text_content("#said") == CLASSES[expected.argmax()]


def test_the_guide_shows_the_page():
    (page,) = re.findall(r"```html\n(.*?)```", (ROOT / "docs/devices.md").read_text(), re.DOTALL)
    assert page == (ROOT / "examples/watch.html").read_text()
