"""`backtest`: what a forecaster would have forecast at earlier times, and how wrong that was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from throughtime.batch import Array
from throughtime.sklearn import frames, losses
from throughtime.sklearn.covariates import targets_of
from throughtime.sklearn.forecaster import Forecaster
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.sequences import read
from throughtime.sklearn.times import check_even
from throughtime.support.checks import flag, whole_number

if TYPE_CHECKING:
    import pandas

NAIVE = "seasonal naive"


@dataclass(frozen=True, repr=False)
class Backtest:
    """Forecasts from earlier times, beside what came.

    forecasts : DataFrame
        A row for each number that was forecast: `series` and `feature` (names, or numbers from 0), `origin` (the time
        of the last step that was known), `step` (1 is the next), `time`, `actual`, `forecast`, `seasonal naive` (the
        same place of the last season known) and `scale` (of MASE: the mean absolute difference of steps a season
        apart in what was learned from). Of a Forecaster with quantiles, also a column for each level.
    levels : tuple of float
        The levels of these quantiles; none where the mean was forecast.
    """

    forecasts: pandas.DataFrame
    levels: tuple[float, ...] = ()

    def __repr__(self) -> str:
        table = self.forecasts
        if table.empty:
            return "<Backtest without forecasts>"
        counts = {name: table[name].nunique() for name in ("series", "feature")}
        counts["origin"] = table.groupby("series")["origin"].nunique().max()
        said = [f"{count} {name}" + "s" * (count > 1 and name != "series") for name, count in counts.items()]
        mase = self.errors()["MASE"]
        return (
            f"<Backtest: {', '.join(said)}, horizon {table['step'].max()}, MASE {mase['forecast']:.3g} "
            f"({NAIVE} {mase[NAIVE]:.3g}); errors(), forecasts>"
        )

    def errors(self, by: str | list[str] | None = None) -> pandas.DataFrame:
        """MAE, RMSE, MASE [Hyndman & Koehler 2006] and sMAPE (0 to 200 %) of the forecaster and of the naive forecast.

        Parameters
        ----------
        by : str or list of str, optional
            Columns of `forecasts` to take errors apart by, such as "step", "series" or "origin".

        Returns
        -------
        DataFrame
            A row for each forecaster (and value of `by`). MASE is NaN where what was known repeats itself exactly.
            With quantiles there are two columns more: `pinball`, the mean pinball loss over the levels (the naive
            forecast stands for all of them), and `coverage`, the share of actual numbers from the lowest to the
            highest quantile.
        """
        import pandas

        names = [] if by is None else [by] if isinstance(by, str) else list(by)
        for name in names:
            if name not in ("series", "feature", "origin", "step", "time"):
                raise ValueError(f"errors are taken apart by series, feature, origin, step or time, got {name!r}")
        parts = {who: self._errors_of(who, names) for who in ("forecast", NAIVE)}
        if not names:
            return pandas.DataFrame({who: part.iloc[0] for who, part in parts.items()}).T
        return (
            pandas.concat(parts, names=["who"])
            .reorder_levels([*range(1, len(names) + 1), 0])
            .sort_index(level=list(range(len(names))), sort_remaining=False)
        )

    def _errors_of(self, who: str, by: list[str]) -> pandas.DataFrame:
        import pandas

        table = self.forecasts
        error = (table[who] - table["actual"]).abs()
        size = table[who].abs() + table["actual"].abs()
        of_each = pandas.DataFrame(
            {
                "MAE": error,
                "RMSE": error**2,
                "MASE": error / table["scale"].where(table["scale"] > 0),
                "sMAPE": 200 * (error / size.where(size > 0)).fillna(0),
            }
        )
        if self.levels:
            given = {level: table[level if who == "forecast" else NAIVE] for level in self.levels}
            of_levels = [_pinball(y, table["actual"], level) for level, y in given.items()]
            of_each["pinball"] = np.mean(of_levels, axis=0)
            inside = table["actual"].between(table[self.levels[0]], table[self.levels[-1]])
            of_each["coverage"] = inside.astype(float) if who == "forecast" else np.nan
        groups = [table[name] for name in by] or [pandas.Series(0, table.index)]
        found = of_each.groupby(groups).agg(lambda column: column.mean(skipna=False))
        found["RMSE"] **= 0.5
        return found


def backtest(
    forecaster: Any,
    X: Any,
    *,
    origins: int = 5,
    stride: int | None = None,
    season: int = 1,
    max_train_size: int | None = None,
    refit: bool = True,
) -> Backtest:
    """Forecast from several earlier times, each time from nothing but what was known then.

    Of the columns in a forecaster's `future`, this includes their values at the steps that are forecast.

    The last origin is `horizon` steps before the end of each series, the others are `stride` steps apart before it. At
    each, a clone of the forecaster is fitted to what every series holds up to there.

    Parameters
    ----------
    forecaster : Forecaster, or a search or pipeline around one
        It is not changed. A search selects anew at each origin, so its selection does not see what follows either.
    X : one series or several, as for `Forecaster`
    origins : int ≥ 1
    stride : int ≥ 1, optional
        Steps from one origin to the next; the forecaster's horizon when not given.
    season : int ≥ 1
        Steps of a season of the naive forecast, which MASE is scaled by; 1 is "as the last step".
    max_train_size : int, optional
        Steps before an origin that are learned from: windows roll. All when not given: windows expand. What is read
        to forecast is decided by the forecaster's own `window`.
    refit : bool
        False to fit once, at the first origin, and to forecast from all of them with that network.

    Raises
    ------
    ValueError
        If a series is too short for so many origins, has a gap in its times where there is a season, or a setting is
        out of range.
    """
    import pandas

    horizon = whole_number("horizon", _parameter(forecaster, "horizon"), 1)
    origins, season = whole_number("origins", origins, 1), whole_number("season", season, 1)
    stride = horizon if stride is None else whole_number("stride", stride, 1)
    refit = flag("refit", refit)
    if max_train_size is not None:
        max_train_size = whole_number("max_train_size", max_train_size, max(horizon, season) + 1)
    reader = Forecaster()
    sequences = read(reader, X, reset=True)
    check_even(sequences, season if season > 1 else _parameter(forecaster, "season", None) or 0)
    F = sequences.x.shape[2]
    future, calendar = _parameter(forecaster, "future", None), _parameter(forecaster, "calendar", None)
    targets, in_advance = targets_of(_parameter(forecaster, "targets", None), future, reader._columns, F)
    back = np.arange(origins - 1, -1, -1) * stride + horizon  # from the ends of series to the origins
    _check_lengths(sequences, int(back[0]), max(horizon, season) + 1, origins)
    names = [X.name] if frames.is_series(X) else reader._columns or list(range(F))
    named = {names[target]: int(target) for target in targets}
    times = sequences.times()
    parts, fitted = [], None
    for steps_back in back:
        ends = sequences.lengths - steps_back
        starts = np.zeros_like(ends) if max_train_size is None else np.maximum(0, ends - max_train_size)
        if refit or fitted is None:
            fitted = clone(forecaster).fit(_cut(X, sequences, starts, ends))
        known = _cut(X, sequences, np.zeros_like(ends), ends)
        later = _cut(X, sequences, ends, ends + horizon) if future or calendar else None
        ahead = None if later is None else _columns(later, future or [], in_advance)
        predicted = _forecast(fitted, known, ahead, (len(sequences), horizon, len(targets)))
        parts += list(_rows(sequences, times, named, starts, ends, predicted, season))
    levels = tuple(name for name in predicted if not isinstance(name, str))
    return Backtest(pandas.concat(parts, ignore_index=True), levels)


def _pinball(forecast: Any, actual: Any, level: float) -> Array:
    return losses.pinball(np.asarray(forecast)[:, None], np.asarray(actual)[:, None], level)[0]


def _forecast(fitted: Any, known: Any, ahead: Any, shape: tuple[int, int, int]) -> dict[Any, Array]:
    """The forecasts (N, horizon, F) by the names of their columns: "forecast", and the levels of quantiles.

    `ahead` is what is known in advance of the steps that are forecast, or None.
    """
    inner = getattr(fitted, "best_estimator_", fitted)
    if ahead is not None and hasattr(inner, "steps"):
        raise ValueError(
            "a backtest with future or calendar needs a Forecaster, or a search around one: the steps of a Pipeline "
            "do not transform what is known in advance"
        )
    given = {} if ahead is None else {"future": ahead}
    columns: dict[Any, Array] = {"forecast": np.asarray(inner.predict(known, **given), dtype=float).reshape(shape)}
    if getattr(inner, "quantiles", None) is not None:
        of_levels = np.asarray(inner.predict_quantiles(known, **given), dtype=float).reshape(*shape, -1)
        columns |= {level: of_levels[..., q] for q, level in enumerate(losses.levels_of(inner.quantiles))}
    return columns


def _parameter(forecaster: Any, wanted: str, *default: Any) -> Any:
    """A parameter of a forecaster, or of the one inside of a search or pipeline."""
    if hasattr(forecaster, "get_params"):
        for name, value in sorted(forecaster.get_params(deep=True).items(), key=lambda item: len(item[0])):
            if name == wanted or name.endswith(f"__{wanted}"):
                return value
    if default:
        return default[0]
    raise ValueError(
        f"backtest needs a Forecaster, or a search or pipeline around one, got {type(forecaster).__name__}, which has "
        f"no {wanted}"
    )


def _check_lengths(sequences: Sequences, back: int, least: int, origins: int) -> None:
    short = int(sequences.lengths.argmin())
    known = int(sequences.lengths[short]) - back
    if known < least:
        name = "X" if sequences.kind == "series" else f"series {_name(sequences, short)} of X"
        raise ValueError(
            f"{name} has {sequences.lengths[short]} steps, and the first of {origins} origins is {back} before its "
            f"end: {max(known, 0)} steps are known there, at least {least} are needed (one more than the horizon and "
            "the season); take fewer origins, or a smaller stride"
        )


def _name(sequences: Sequences, number: int) -> Any:
    return number if sequences.names is None else sequences.names[number]


def _cut(X: Any, sequences: Sequences, starts: Array, ends: Array) -> Any:
    """The steps from `starts` up to `ends` of each sequence: in pandas' form, or as a list of arrays."""
    if sequences.order is None:
        return [x[start:end] for x, start, end in zip(sequences.x, starts, ends, strict=True)]
    rows = [order[start:end] for order, start, end in zip(sequences.orders(), starts, ends, strict=True)]
    if sequences.kind == "frames":
        return [frame.iloc[order] for frame, order in zip(X, rows, strict=True)]
    return X.iloc[np.concatenate(rows)]


def _columns(later: Any, names: list[Any], places: Array) -> Any:
    """Some columns of what comes later, and nothing else of it; of frames their times too."""
    if not isinstance(later, list):
        return (later.to_frame() if frames.is_series(later) else later)[names]
    return [_columns(one, names, places) if frames.is_pandas(one) else one[:, places] for one in later]


def _rows(
    sequences: Sequences,
    times: list[Any],
    targets: dict[Any, int],
    starts: Array,
    ends: Array,
    predicted: dict[Any, Array],
    season: int,
) -> Iterator[pandas.DataFrame]:
    """The rows of `Backtest.forecasts` for one origin (the one of each series), a frame for each series and feature."""
    import pandas

    horizon = predicted["forecast"].shape[1]
    for i, (x, start, end) in enumerate(zip(sequences.x, starts, ends, strict=True)):
        scale = np.abs(x[start + season : end] - x[start : end - season]).mean(axis=0)
        last_season = x[end - season + np.arange(horizon) % season]
        for f, (feature, column) in enumerate(targets.items()):
            yield pandas.DataFrame(
                {
                    "series": _name(sequences, i),
                    "feature": feature,
                    "origin": times[i][end - 1],
                    "step": np.arange(1, horizon + 1),
                    "time": times[i][end : end + horizon],
                    "actual": x[end : end + horizon, column],
                    **{name: found[i, :, f] for name, found in predicted.items()},
                    NAIVE: last_season[:, column],
                    "scale": scale[column],
                }
            )
