"""What would have happened had the coin fallen otherwise: inference from the assignment itself.

When whole authors, repositories or weeks share an arm, formulas that count pull requests call up
to 69 % of useless rules significant, and cluster-robust errors still 18 % (20 clusters, ICC 0.1).
Drawing the assignment again assumes nothing about outcomes and stays at 5 %.
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from analysis.arms import Estimate
from warehouse.errors import BadInput

Floats = npt.NDArray[np.float64]

_METHOD = "randomisation test"
_TIES = 1e-9
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Units:
    """What was randomised: one entry per cluster, sums per stratum of its outcomes."""

    treated: npt.NDArray[np.bool_]
    blocks: tuple[npt.NDArray[np.intp], ...]
    """Units among which the arms are dealt out anew."""
    count: Floats
    total: Floats
    shifted: Floats
    """Like `total`, for the indicator of having been treated."""


def randomisation_test(
    outcome: Sequence[float],
    arm: Sequence[Hashable],
    cluster: Sequence[Hashable] | None = None,
    stratum: Sequence[Hashable] | None = None,
    *,
    draws: int = 10_000,
    seed: int,
    alpha: float = 0.05,
) -> Estimate:
    """The effect of the second arm on the outcome, tested against the assignments there could be.

    The statistic is the difference of means within strata, weighted as Mantel and Haenszel do. All
    assignments are tried when there are at most `draws`, so the p-value is then exact; otherwise
    `draws` random ones. The interval holds every constant effect that this test does not reject.

    Args:
        outcome: one value per pull request.
        arm: two labels; the smaller is the control (0 and 1, control and treatment).
        cluster: what shared one arm, such as the author; default each pull request by itself. An
            arm that changes from stratum to stratum inside a cluster (a switchback) is dealt out
            per cluster and stratum.
        stratum: within what the arms were balanced, such as the repository; default everything.

    Raises:
        BadInput: lengths differ, an arm changes inside a cluster, a value is not finite.
    """
    values = np.asarray(outcome, dtype=np.float64)
    clusters = list(range(len(values))) if cluster is None else list(cluster)
    strata: list[Hashable] = [0] * len(values) if stratum is None else list(stratum)
    treated = _treated(arm)
    if not len(values) == len(treated) == len(clusters) == len(strata):
        raise BadInput(
            f"{len(values)} outcomes, {len(treated)} arms, {len(clusters)} clusters and "
            f"{len(strata)} strata; there must be one of each per pull request"
        )
    if draws < 1 or not np.isfinite(values).all():
        raise BadInput("outcomes must be finite numbers and draws at least 1")
    if treated.all() or not treated.any():
        return Estimate(None, -math.inf, math.inf, 1.0, _METHOD)
    units = _units(values, treated, clusters, strata)
    effect = _statistic(units, units.treated[None, :])[0][0]
    if math.isnan(effect):
        return Estimate(None, -math.inf, math.inf, 1.0, _METHOD)
    return _invert(units, float(effect), draws, seed, alpha)


def _treated(arm: Sequence[Hashable]) -> npt.NDArray[np.bool_]:
    labels = sorted(set(arm), key=lambda label: (str(type(label)), label))
    if len(labels) > 2:
        raise BadInput(f"there are {len(labels)} arms, {labels[:5]}; a test compares two")
    second = labels[1] if len(labels) == 2 else None
    return np.array([label == second for label in arm], dtype=np.bool_)


def _units(
    values: Floats,
    treated: npt.NDArray[np.bool_],
    clusters: Sequence[Hashable],
    strata: Sequence[Hashable],
) -> _Units:
    arms_of: dict[Hashable, set[bool]] = {}
    for name, arm in zip(clusters, treated.tolist(), strict=True):
        arms_of.setdefault(name, set()).add(arm)
    switches = any(len(arms) > 1 for arms in arms_of.values())
    names: list[Hashable] = list(zip(clusters, strata, strict=True)) if switches else list(clusters)
    unit_of = {name: at for at, name in enumerate(dict.fromkeys(names))}
    stratum_of = {name: at for at, name in enumerate(dict.fromkeys(strata))}
    unit = np.array([unit_of[name] for name in names], dtype=np.intp)
    place = np.array([stratum_of[name] for name in strata], dtype=np.intp)
    arms = np.zeros(len(unit_of), dtype=np.bool_)
    arms[unit] = treated
    if (arms[unit] != treated).any():
        wrong = names[int(np.flatnonzero(arms[unit] != treated)[0])]
        raise BadInput(
            f"cluster {wrong!r} holds both arms; give the cluster that the arm was drawn for"
        )
    shape = (len(unit_of), len(stratum_of))
    sums = [np.zeros(shape) for _ in range(3)]
    for sheet, weight in zip(sums, (np.ones(len(values)), values, treated), strict=True):
        np.add.at(sheet, (unit, place), weight)
    # A cluster that reaches into several strata is dealt out where most of it lies.
    home = sums[0].argmax(axis=1)
    blocks = tuple(np.flatnonzero(home == at) for at in range(shape[1]))
    return _Units(arms, tuple(b for b in blocks if len(b)), sums[0], sums[1], sums[2])


def _statistic(units: _Units, arms: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Per assignment (one row of `arms`): the difference for the outcome and for `shifted`."""
    chosen = arms.astype(np.float64)
    n1 = chosen @ units.count
    n0 = units.count.sum(axis=0) - n1
    both = (n1 > 0) & (n0 > 0)
    weight = np.where(both, n1 * n0 / np.maximum(n1 + n0, 1), 0.0)
    whole = weight.sum(axis=1)
    found = []
    for sums in (units.total, units.shifted):
        t1 = chosen @ sums
        t0 = sums.sum(axis=0) - t1
        each = np.where(both, t1 / np.maximum(n1, 1) - t0 / np.maximum(n0, 1), 0.0)
        with np.errstate(invalid="ignore"):
            found.append((weight * each).sum(axis=1) / whole)
    return found[0], found[1]


def _invert(units: _Units, effect: float, draws: int, seed: int, alpha: float) -> Estimate:
    """The p-value of no effect, and every constant effect with a p-value above alpha.

    Taking a constant effect t away from the treated changes a drawn statistic u to u - t v, where v
    is the statistic of the treatment indicator, and the observed one to effect - t. The draw is as
    extreme as the observation for t between two roots, so both ends are order statistics.
    """
    exact = _assignments(units) <= draws
    sheets = _every(units) if exact else _random(units, draws, seed)
    pairs = [_statistic(units, sheet) for sheet in sheets]
    u = np.concatenate([pair[0] for pair in pairs])
    v = np.concatenate([pair[1] for pair in pairs])
    usable = ~np.isnan(u)
    u, v = u[usable], v[usable]
    extra = 0 if exact else 1  # the assignment that was made is one of those there could be
    total = len(u) + extra
    slack = _TIES * max(1.0, abs(effect))
    p_value = (int((np.abs(u) >= abs(effect) - slack).sum()) + extra) / total
    inner = np.abs(v) < 1 - _TIES
    one = (effect - u[inner]) / (1 - v[inner])
    other = (effect + u[inner]) / (1 + v[inner])
    needed = math.floor(alpha * total + _TIES) + 1 - (total - int(inner.sum()))
    if needed <= 0:
        return Estimate(effect, -math.inf, math.inf, p_value, _METHOD)
    low = float(np.sort(np.minimum(one, other))[needed - 1])
    high = float(np.sort(np.maximum(one, other))[-needed])
    return Estimate(effect, low, high, p_value, _METHOD)


def _assignments(units: _Units) -> int:
    return math.prod(
        math.comb(len(block), int(units.treated[block].sum())) for block in units.blocks
    )


def _every(units: _Units) -> Iterator[npt.NDArray[np.bool_]]:
    choices = [
        combinations(block.tolist(), int(units.treated[block].sum())) for block in units.blocks
    ]
    rows = []
    for chosen in product(*choices):
        row = np.zeros(len(units.treated), dtype=np.bool_)
        row[[at for part in chosen for at in part]] = True
        rows.append(row)
        if len(rows) == _CHUNK:
            yield np.array(rows)
            rows = []
    if rows:
        yield np.array(rows)


def _random(units: _Units, draws: int, seed: int) -> Iterator[npt.NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    for start in range(0, draws, _CHUNK):
        sheet = np.zeros((min(_CHUNK, draws - start), len(units.treated)), dtype=np.bool_)
        for block in units.blocks:
            dealt = np.broadcast_to(units.treated[block], (len(sheet), len(block)))
            sheet[:, block] = rng.permuted(dealt, axis=1)
        yield sheet
