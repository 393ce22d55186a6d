"""Figures of what was trained, traced and analysed. Each function draws into an `ax`, or a new one, and returns it.

The colours are distinct for every kind of colour vision (Okabe & Ito 2008); maps are cividis where numbers have one
sign, and purple to orange around 0 where they have two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from throughtime.analysis import gradient_flow, state_space
from throughtime.analysis.figures import COLOURS as COLOURS
from throughtime.analysis.figures import FORMATS as FORMATS
from throughtime.analysis.figures import MARKERS as MARKERS
from throughtime.analysis.figures import STYLE as STYLE
from throughtime.analysis.figures import Axes, LogNorm, legend_above, mpl, short_dates
from throughtime.analysis.figures import check_format as check_format
from throughtime.analysis.figures import new as new
from throughtime.analysis.figures import plain as plain
from throughtime.analysis.figures import save as save
from throughtime.analysis.fixed_points import FixedPoint
from throughtime.batch import Array
from throughtime.cells.layout import layout
from throughtime.cells.letters import letter, of_name
from throughtime.trace import Trace
from throughtime.trace.layer import LayerTrace, names_of
from throughtime.trace.letters import taken_apart
from throughtime.training.history import History

_SYMBOLS = {"delta_y": R"\delta_y", "net_y": "net_y"}
"""Arrays of a trace itself as mathematics; the others are letters already."""
_BAND = 0.2
"""How dark a band between quantiles is."""
DERIVATIVE = R"$\Vert\partial s_n/\partial s_{n-d}\Vert$"
_OF_THE_TRACE = ("x", "y", "d", "net_y", "delta_y")


# Training


def history(history: History, ax: Axes | None = None) -> Axes:
    """The loss by training step and, where it was measured, the loss on the validation data."""
    ax = ax or new()
    if not len(history):
        raise ValueError("the history is empty: nothing was trained")
    ax.plot(history["step"], history["loss"], _line(history), label="training")
    measured = np.isfinite(history["validation_loss"])
    if measured.any():
        ax.plot(
            history["step"][measured], history["validation_loss"][measured], "o--", markersize=3, label="validation"
        )
        ax.legend(frameon=False)
    if (history["loss"] > 0).all():
        ax.set_yscale("log")
    ax.set(xlabel="step", ylabel="loss of a sequence", title="Learning")
    return ax


def learning(history_: History) -> Any:
    """Two axes (1,2): the loss, and the share of right outputs and sequences, or the gradient's norm where there is
    none.
    """
    axes = new(1, 2, width=8)
    history(history_, axes[0])
    step, exact = history_["step"], history_["exact"]
    if np.isfinite(exact).any():
        axes[1].plot(step, exact, _line(history_), label="whole sequences")
        axes[1].plot(step, history_["bits"], _line(history_) + "-", label="single outputs")
        axes[1].set(ylim=(-0.02, 1.02), ylabel="share that is right", title="Right while learning")
        axes[1].legend(frameon=False)
    else:
        axes[1].plot(step, history_["gradient_norm"], _line(history_))
        axes[1].set(yscale="log", ylabel="norm of the gradient", title="Gradient")
    axes[1].set_xlabel("step")
    return axes


def _line(history: History) -> str:
    return "-" if len(history) > 1 else "o-"


# A trace


def heat_map(
    trace: Trace,
    name: str = "h",
    ax: Axes | None = None,
    *,
    sequence: int = 0,
    layer: int | None = None,
    direction: str | None = None,
) -> Axes:
    """An array of a trace over time, units upward: one of x, y, d and delta_y; or a state, a gate, a δ of a layer.

    If a layer or a direction is given, the array is one of that layer's.
    """
    if name in _OF_THE_TRACE and layer is None and direction is None:
        ax = _map(trace, getattr(trace, name)[sequence], sequence, None, ax)
        ax.set_title(f"${_SYMBOLS.get(name, name)}$")
        ax.set_ylabel("input" if name == "x" else "output")
        return ax
    of = trace.layer(layer, direction)
    ax = _map(trace, getattr(of, name)[sequence], sequence, 1.0 if name in _gates(of) else None, ax)
    sign, value = taken_apart(of.graph, name)
    written = letter(of.graph, value).latex if not sign else of_name(value).latex
    ax.set_title(f"${_SIGNS[sign].format(written)}$")
    return ax


_SIGNS = {"": "{}", "δ": R"\delta_{{{}}}", "∂": R"\partial {}"}


def _gates(of: LayerTrace) -> set[str]:
    """The arrays that hold what a sigmoid made, from 0 to 1."""
    graph, names = of.graph, names_of(of.graph)
    places = [*(slot.kept for slot in layout(graph).slots), *graph.after]
    made = zip(places, [*names.slots, *names.states], strict=True)
    return {name for place, name in made if graph.operations[place].op == "sigmoid"}


def _map(trace: Trace, values: Array, sequence: int, most: float | None, ax: Axes | None) -> Axes:
    """A map of values (T,F), or (F,) at the last step.

    From 0 to `most`, or to the greatest of them, if none is below 0.
    """
    ax = ax or new()
    values = values[: int(trace.lengths[sequence])] if values.ndim == 2 else values[None]
    signed, greatest = values.min() < 0, float(np.abs(values).max()) or 1.0
    start = 0.5 if len(values) > 1 or trace.x.shape[1] == 1 else trace.lengths[sequence] - 0.5
    shown = ax.imshow(
        values.T, aspect="auto", interpolation="nearest", origin="lower", cmap="PuOr" if signed else "cividis",
        vmin=-greatest if signed else 0, vmax=greatest if signed else most or greatest,
        extent=(start, start + len(values), -0.5, values.shape[1] - 0.5),
    )  # fmt: skip
    ax.figure.colorbar(shown, ax=ax)
    ax.set(xlabel="step", ylabel="unit")
    _whole_numbers(ax.xaxis, ax.yaxis)
    return ax


def reach(trace: Trace, ax: Axes | None = None) -> Axes:
    """‖δ_{k→t}‖: how much of the error made at step k is felt at step t, on a scale of logarithms."""
    ax = ax or new()
    norms = np.asarray(trace.reach)
    felt = norms[norms > 0]
    if not felt.size:
        raise ValueError("the network makes no error on this sequence, so none is felt")
    least = max(felt.min(), felt.max() * 1e-8)
    extent = (0.5, len(norms) + 0.5, len(norms) + 0.5, 0.5)
    scale = LogNorm(least, felt.max() if felt.max() > least else least * 10)
    shown = ax.imshow(np.where(norms > 0, np.maximum(norms, least), np.nan), cmap="cividis", norm=scale, extent=extent)
    ax.set_aspect("auto")
    ax.figure.colorbar(shown, ax=ax)
    _whole_numbers(ax.xaxis, ax.yaxis)
    ax.set(xlabel="felt at step t", ylabel="error made at step k", title=R"$\Vert\delta_{k\to t}\Vert$")
    return ax


def unrolled(trace: Trace, sequence: int = 0, *, layer: int | None = None, direction: str | None = None) -> Any:
    """The heat maps of a trace, an array of axes: forward in the left column; backward, and `reach`, in the right."""
    of = trace.layer(layer, direction)
    names = names_of(of.graph)
    back = [*names.d_states, *names.deltas]
    forward = [name for name in of.arrays if name in names.states or name not in (*names.firsts, *back)]
    columns = [[("x", False), *((name, True) for name in forward), ("y", False)]]
    columns += [[("d", False), ("delta_y", False), *((name, True) for name in back)]]
    rows = max(len(columns[0]), len(columns[1]) + 1)
    axes = new(rows, 2, width=9, height=1.7 * rows)
    for k, arrays in enumerate(columns):
        for row, (name, of_layer) in enumerate(arrays):
            place: Any = {"layer": of.layer, "direction": of.direction} if of_layer else {}
            heat_map(trace, name, axes[row, k], sequence=sequence, **place)
    if np.asarray(trace.reach).any():
        reach(trace, axes[len(columns[1]), 1])
    for ax in axes.flat:
        ax.set_visible(ax.has_data())
    return axes


# Analysis


def gradient_norms(trace: Trace, ax: Axes | None = None) -> Axes:
    """‖∂s_n/∂s_{n−d}‖ by the distance d from the last step: the geometric mean over the sequences, and their range."""
    ax = ax or new()
    norms = gradient_flow.norm_by_distance(trace)
    with np.errstate(divide="ignore"):
        low, middle, high = (
            np.nanmin(norms, axis=0),
            np.exp(np.nanmean(np.log(norms), axis=0)),
            np.nanmax(norms, axis=0),
        )
    band(np.arange(len(middle)), low, middle, high, ax)
    ax.set(yscale="log", xlabel="distance in steps", ylabel=DERIVATIVE, title="Gradient flow")
    return ax


def singular_values(trace: Trace, ax: Axes | None = None, *, sequence: int = 0) -> Axes:
    """All singular values of ∂s_n/∂s_k, by the distance n − k."""
    ax = ax or new()
    values = gradient_flow.singular_values(gradient_flow.products(gradient_flow.jacobians(trace, sequence)))[::-1]
    shades = mpl.colormaps["cividis"](np.linspace(0, 0.9, values.shape[1]))
    for column, shade in zip(values.T, shades, strict=True):
        ax.plot(np.where(column > 0, column, np.nan), color=shade)
    ax.set(yscale="log", xlabel="distance in steps", ylabel="singular values")
    ax.set_title(R"Singular values of $\partial s_n/\partial s_{n-d}$")
    return ax


def lyapunov_exponents(exponents: Array, ax: Axes | None = None) -> Axes:
    """The exponents in their order; those of directions that are forgotten in one step are left out."""
    ax = ax or new()
    shown = np.asarray(exponents)[np.isfinite(exponents)]
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.plot(np.arange(1, len(shown) + 1), shown, "o")
    _whole_numbers(ax.xaxis)
    ax.set(xlabel="number", ylabel="nats a step", title="Lyapunov exponents")
    return ax


def trajectories(trace: Trace, ax: Axes | None = None) -> Axes:
    """The ways of a trace's sequences along the two principal axes of its states; a dot where each ends."""
    ax = ax or new(height=4.5)
    axes, ways = state_space.trajectories(trace, 2)
    for number, way in enumerate(ways):
        colour = COLOURS[number % len(COLOURS)]
        flat = way if way.shape[1] == 2 else np.column_stack([way, np.zeros(len(way))])
        ax.plot(*flat.T, color=colour, linewidth=0.9, alpha=0.8)
        ax.plot(*flat[-1], "o", color=colour, markersize=4)
    _name_axes(ax, axes)
    ax.set_title("Trajectories of the state")
    return ax


def fixed_points(points: Sequence[FixedPoint], ax: Axes | None = None, *, axes: Any = None) -> Axes:
    """Fixed points along two principal axes: `axes` from `state_space`, or the points' own."""
    ax = ax or new(height=4.5)
    if not points:
        raise ValueError("there are no fixed points to draw")
    axes = axes or state_space.principal_axes([point.state for point in points], 2)
    for number, kind in enumerate(("stable", "saddle", "unstable", "marginal")):
        at = np.array([axes.along(point.state) for point in points if point.kind == kind])
        if len(at):
            at = at[:, :2] if at.shape[1] >= 2 else np.column_stack([at, np.zeros(len(at))])
            style: Any = {"color": COLOURS[number], "marker": MARKERS[number], "linestyle": "none", "zorder": 3}
            ax.plot(*at.T, label=kind, markerfacecolor="none" if kind == "unstable" else None, **style)
    ax.legend(frameon=False)
    _name_axes(ax, axes)
    ax.set_title("Fixed points")
    return ax


def eigenvalues(point: FixedPoint, ax: Axes | None = None) -> Axes:
    """The eigenvalues of the Jacobian at a fixed point, and the unit circle, outside of which states go away."""
    ax = ax or new(width=4, height=4)
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angle), np.sin(angle), color="0.6", linewidth=0.8)
    ax.plot(point.eigenvalues.real, point.eigenvalues.imag, "o")
    ax.set(aspect="equal", xlabel="real part", ylabel="imaginary part", title=f"Eigenvalues, {point.kind}")
    return ax


# Curves with what they may be


def band(x: Any, low: Any, middle: Any, high: Any, ax: Axes, *, number: int = 0, label: str | None = None) -> None:
    """A curve with its band, in the colour and with the marker of a number."""
    style: Mapping[str, Any] = {"color": COLOURS[number % len(COLOURS)]}
    ax.fill_between(x, low, high, alpha=0.14, linewidth=0, **style)
    marker = MARKERS[number % len(MARKERS)]
    ax.plot(x, middle, marker=marker, markersize=4, markevery=max(1, len(x) // 12), label=label, **style)


def forecast(history_: Any, predicted: Any, ax: Axes | None = None, *, actual: Any = None) -> Axes:
    """A series, the forecast of what follows it, and the band between its quantiles.

    Parameters
    ----------
    history_ : pandas Series, or (T,) array
        What was known, or the end of it.
    predicted : what a `Forecaster` gives for one series
        Of `predict` a Series or (horizon,) array; of `predict_quantiles` a frame whose columns are levels. Of a
        series with several features, where the columns say the target too, one of one target.
    actual : pandas Series, or (horizon,) array, optional
        What came.
    """
    ax = ax or new()
    predicted = _of_one_target(predicted)
    known, ahead = _numbers(history_), _numbers(predicted)
    if known.ndim != 1 or ahead.ndim not in (1, 2) or not (len(known) and len(ahead)):
        raise ValueError(
            f"a forecast is drawn of one series: history (T,) and what is predicted (horizon,), or a frame of its "
            f"quantiles, got {known.shape} and {ahead.shape}"
        )
    before, after = np.arange(-len(known) + 1, 1), np.arange(1, len(ahead) + 1)
    label = "steps ahead"
    if hasattr(history_, "iloc") and hasattr(predicted, "iloc") and predicted.index.name != label:  # lists have "index"
        before, after = (
            (index.to_timestamp() if hasattr(index, "to_timestamp") else index).to_numpy()
            for index in (history_.index, predicted.index)
        )
        label = history_.index.name or ""
    ax.plot(before, known, color=COLOURS[-1], linewidth=1, label="history")
    middle = ahead
    if ahead.ndim == 2:
        levels = list(predicted.columns) if hasattr(predicted, "columns") else []
        if 0.5 not in levels:
            raise ValueError(f"the columns of quantiles must be levels, with 0.5 among them, got {levels}")
        middle = ahead[:, levels.index(0.5)]
        for low in range(len(levels) // 2):
            high = len(levels) - 1 - low
            between = f"{levels[low]:.3g} to {levels[high]:.3g}"
            ax.fill_between(
                after, ahead[:, low], ahead[:, high], alpha=_BAND, linewidth=0, color=COLOURS[0], label=between
            )
    ax.plot(after, middle, color=COLOURS[0], marker="o", markersize=2.5, label="forecast")
    if actual is not None:
        ax.plot(after, _numbers(actual), color=COLOURS[1], linewidth=1, label="what came")
    ax.set(xlabel=label, ylabel=plain(str(getattr(history_, "name", None) or "")))
    short_dates(ax)
    legend_above(ax)
    legend = ax.get_legend()
    for depth, swatch in enumerate(legend.get_patches() if legend else (), start=1):
        swatch.set_alpha(1 - (1 - _BAND) ** depth)  # an inner band is drawn over the outer ones
    return ax


def _of_one_target(predicted: Any) -> Any:
    """A forecast without the name of its target, which frames have where there are several features."""
    if getattr(getattr(predicted, "index", None), "nlevels", 1) > 1:
        raise ValueError("a forecast is drawn of one series, got a long frame of several: take predicted.loc[its name]")
    if not hasattr(predicted, "columns"):
        return predicted
    targets = predicted.columns.get_level_values(0)
    if len({*targets}) == 1:
        return predicted.droplevel(0, axis=1) if predicted.columns.nlevels == 2 else predicted.iloc[:, 0]
    if predicted.columns.nlevels == 2 or any(isinstance(target, str) for target in targets):
        names = list(dict.fromkeys(targets))
        raise ValueError(f"a forecast is drawn of one series, got the targets {names}: take predicted[{names[0]!r}]")
    return predicted


def attention(x: Any, shares: Any, ax: Axes | None = None) -> Axes:
    """The features of one sequence over time, and behind them where an estimator looked.

    Parameters
    ----------
    x : (T, F) array or frame, or (T,)
        The sequence.
    shares : (T,) array or Series
        What `attention` of a classifier or regressor gives for it.
    """
    ax = ax or new()
    steps, looked = _numbers(x), _numbers(shares)
    steps = steps[:, None] if steps.ndim == 1 else steps
    if steps.ndim != 2 or looked.shape != steps.shape[:1] or not len(steps):
        raise ValueError(
            f"attention is drawn of one sequence: x (T, F) and its shares (T,), got {steps.shape} and {looked.shape}"
        )
    with mpl.rc_context(STYLE):
        behind = ax.twinx()
    behind.bar(np.arange(len(looked)), looked, width=1, color=COLOURS[4], alpha=0.45)
    behind.set(ylabel="share of attention", ylim=(0, None))
    behind.spines["right"].set_visible(True)
    ax.set_zorder(behind.get_zorder() + 1)
    ax.patch.set_visible(False)
    names = list(getattr(x, "columns", [])) or [getattr(x, "name", None)] * steps.shape[1]
    lines = [colour for colour in COLOURS if colour != COLOURS[4]]
    for feature, values in enumerate(steps.T):
        style = "-" if feature < len(lines) else "--"
        named = feature if names[feature] is None else plain(str(names[feature]))
        ax.plot(values, style, color=lines[feature % len(lines)], linewidth=1.2, label=named)
    ax.set(xlabel="step", ylabel="feature")
    _whole_numbers(ax.xaxis)
    if 1 < steps.shape[1] <= 2 * len(lines):
        legend_above(ax)
    return ax


def _numbers(values: Any) -> Array:
    """The numbers of one sequence; a ValueError where they are those of several, of different lengths, or none."""
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise ValueError("one sequence of numbers can be drawn, such as the first, X[0], got others") from None


def _whole_numbers(*axes: Any) -> None:
    for axis in axes:
        axis.set_major_locator(mpl.ticker.MaxNLocator("auto", integer=True, min_n_ticks=1))


def _name_axes(ax: Axes, axes: state_space.PrincipalAxes) -> None:
    names = [f"axis {k + 1}, {share:.0%} of the variance" for k, share in enumerate(axes.share[:2])]
    ax.set(xlabel=names[0], ylabel=names[1] if len(names) > 1 else "")
