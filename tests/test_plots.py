"""What is drawn is what was measured: the numbers in the axes, and the files."""

import os
import subprocess
import sys

import numpy as np
import pytest

import throughtime as tt
from throughtime.analysis import gradient_flow
from throughtime.analysis.fixed_points import fixed_points

pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot

from throughtime.analysis import plots
from throughtime.trace import Trace
from throughtime.trace.layer import LayerTrace, array_names
from throughtime.training.history import History, Record


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


@pytest.fixture(params=["elman", "lstm", "gru"])
def trace(request):
    net = tt.Network(cell=request.param, inputs=2, hidden=3, outputs=1, seed=1)
    rng = np.random.default_rng(0)
    return net.trace(rng.standard_normal((3, 6, 2)), rng.random((3, 6, 1)), lengths=[6, 4, 5])


def drawn(ax):
    """The numbers of a heat map, and those of its lines."""
    return np.asarray(ax.images[0].get_array())


def test_a_heat_map_shows_an_array_of_the_trace(trace):
    ax = plots.heat_map(trace, "h", sequence=1)
    np.testing.assert_array_equal(drawn(ax), trace.h[1, :4].T)
    assert ax.images[0].get_extent() == [0.5, 4.5, -0.5, 2.5]
    low, high = ax.images[0].get_clim()
    assert (low == -high) == bool((trace.h[1] < 0).any())
    np.testing.assert_array_equal(
        drawn(plots.heat_map(trace, "delta_y", pyplot.figure().subplots())), trace.delta_y[0].T
    )
    (reach,) = plots.reach(trace).images
    at = np.tril_indices(6)
    np.testing.assert_allclose(np.asarray(reach.get_array())[at], trace.reach[at], rtol=1e-6)


def test_all_of_a_trace(trace):
    axes = plots.unrolled(trace)
    titles = {ax.get_title() for ax in axes.flat if ax.get_visible()}
    assert {"$x$", "$h$", "$y$", "$d$", R"$\delta_y$", R"$\partial h$", R"$\Vert\delta_{k\to t}\Vert$"} <= titles
    assert len(titles) == {"elman": 9, "lstm": 17, "gru": 15}[trace.specification.cell]


def test_all_of_a_trace_of_a_cell_of_ones_own():
    """What a sigmoid made lies in 0..1; a state that is called y is not the output."""

    @tt.cell
    def own(p, x, y):
        g = tt.sigmoid(x @ p.V_g + p.b_g)
        y = g * y + tt.relu(x @ p.V_c + y @ p.U_c)
        return y

    net = tt.Network(cell=own, inputs=2, hidden=3, outputs=1)
    x = np.ones((1, 4, 2))
    arrays = {
        name: np.full((1, 3) if name == "y__0" else (1, 4, 3), 0.25) for name in array_names(net.specification.graph)
    }
    layer = LayerTrace(net.specification.graph, 0, "forward", arrays)
    y = np.ones((1, 4, 1))
    trace = Trace(net, np.array([4]), x, y, y[..., 0], y, y, y[..., 0], y, 1.0, net.parameters, (layer,))
    assert plots.heat_map(trace, "g").images[0].get_clim() == (0, 1)
    assert plots.heat_map(trace, "y_").images[0].get_clim() == (0, 0.25)
    assert drawn(plots.heat_map(trace, "y")).shape == (1, 4)
    titles = [ax.get_title() for ax in plots.unrolled(trace).flat if ax.get_visible()]
    assert titles.count("$y$") == 1
    assert {"$g$", R"$\partial y$", R"$\delta_{g}$"} <= set(titles)


def test_one_output_for_a_sequence():
    net = tt.Network(inputs=1, hidden=2, outputs=1, output="last step")
    trace = net.trace(np.ones((1, 4, 1)), np.ones((1, 1)))
    assert drawn(plots.heat_map(trace, "y")).shape == (1, 1)
    assert plots.heat_map(trace, "y").images[0].get_extent()[:2] == [3.5, 4.5]
    plots.unrolled(trace)


def test_gradient_flow(trace):
    line = plots.gradient_norms(trace).lines[0]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(7))
    norms = gradient_flow.norm_by_distance(trace)
    np.testing.assert_allclose(line.get_ydata()[[0, 6]], [1, norms[0, 6]])
    lines = plots.singular_values(trace).lines
    np.testing.assert_allclose(lines[0].get_ydata(), norms[0])
    exponents = plots.lyapunov_exponents(np.array([0.5, -1, -np.inf])).lines[-1]
    np.testing.assert_array_equal(exponents.get_xydata(), [[1, 0.5], [2, -1]])


def test_state_space():
    net = tt.Network(inputs=1, hidden=2, outputs=1, activation="tanh")
    net.parameters[:] = 0
    net["U"] = np.diag([2.0, 0.5])
    points = fixed_points(net, [0.0])
    ax = plots.fixed_points(points)
    assert {line.get_label(): len(line.get_xdata()) for line in ax.lines} == {"stable": 2, "saddle": 1}
    np.testing.assert_allclose(sorted(ax.lines[0].get_xdata()), [-0.957504024, 0.957504024], rtol=1e-8)
    np.testing.assert_allclose(plots.eigenvalues(points[-1]).lines[1].get_xdata(), [2, 0.5], atol=1e-9)
    trace = net.trace(np.zeros((2, 3, 1)), np.zeros((2, 3, 1)))
    assert len(plots.trajectories(trace).lines) == 4
    with pytest.raises(ValueError, match="no fixed points"):
        plots.fixed_points([])


def test_a_history():
    nan = float("nan")
    history = History([Record(10, 0.5, nan, nan, 2.0, 0.1, 0.0), Record(20, 0.25, nan, nan, 1.0, 0.1, 0.0, 0.4)])
    ax = plots.history(history)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[10, 0.5], [20, 0.25]])
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[20, 0.4]])
    np.testing.assert_array_equal(plots.learning(history)[1].lines[0].get_ydata(), [2, 1])
    with pytest.raises(ValueError, match="empty"):
        plots.history(History())


@pytest.mark.parametrize(("suffix", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_files_are_the_same_each_time(tmp_path, suffix, begins):
    contents = []
    for name in ("a", "b"):
        ax = plots.lyapunov_exponents(np.array([0.5, -1]))
        plots.save(ax, tmp_path / f"{name}.{suffix}")
        contents.append((tmp_path / f"{name}.{suffix}").read_bytes())
    assert contents[0].startswith(begins)
    assert contents[0] == contents[1]
    with pytest.raises(ValueError, match=r"ends in \.png, \.svg, \.pdf, got .*a\.jpg"):
        plots.save(ax, tmp_path / "a.jpg")


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in ("plots", "figures"):
        monkeypatch.delitem(sys.modules, f"throughtime.analysis.{name}")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'throughtime\[plot\]'"):
        import throughtime.analysis.plots  # noqa: F401


def test_in_a_notebook_every_figure_appears(tmp_path):
    """A back end like that of notebooks: it becomes interactive as it is loaded, by the first figure, and draws what is
    new.
    """
    (tmp_path / "notebook_backend.py").write_text(
        "from matplotlib import interactive\n"
        "from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas, new_figure_manager\n"
        "def show(*arguments, **options): pass\n"
        "interactive(True)\n"
    )
    program = (
        "import matplotlib\nfrom throughtime.analysis import plots\n"
        "for _ in range(2):\n    plots.new()\n    print(matplotlib.is_interactive(), matplotlib.rcParams['font.size'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600,
        env=os.environ | {"MPLBACKEND": "module://notebook_backend",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )  # fmt: skip
    assert done.stdout.splitlines() == ["True 10.0", "True 10.0"]


def test_dollars_in_names_are_no_mathematics():
    ax = plots.new()
    ax.set_title(plots.plain("a $x_1 \\frac$ b\x1b[31m"))
    ax.figure.canvas.draw()
    assert ax.get_title() == R"a \$x_1 \frac\$ b\x1b[31m"
