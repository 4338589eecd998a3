"""Statistics: intervals, tests and control charts, on plain numbers and with the standard library only.

Every function works for any count from 0 to 10 million: every loop ends, nothing divides by a difference that can be 0.
Exact bounds and probabilities agree with scipy to at least 9 digits. Results that depend only on a count are cached,
because the nightly run needs thousands of intervals.
"""

import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist
from typing import Literal, NamedTuple

Z95 = 1.959964
# Factors from a mean moving range to three sigma (3 / d2), to its own upper limit (D4) and to one sigma (d2), for n = 2.
XMR_FACTOR = 2.66
RANGE_FACTOR = 3.267
D2 = 1.128
RUN_LENGTH = 8
# With fewer than five values, the interval of a mean would be too narrow.
MEAN_MINIMUM = 5
RANK_MINIMUM = 4
RANK_EXACT_UP_TO = 20
# From this count on, the series for Poisson bounds is exact to 12 digits (at 95%: to 14).
SERIES_FROM = 1000

_NORMAL = NormalDist()


# Intervals


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, as (low, high) in 0..1; (0, 1) if n is 0."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes out of {n} is not a proportion")
    if n == 0:
        return 0.0, 1.0
    z2 = z * z
    centre = (successes + z2 / 2) / (n + z2)
    half = z / (n + z2) * math.sqrt(successes * (n - successes) / n + z2 / 4)
    # At 0 and n the exact ends are 0 and 1; floats would be off by an ulp.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


@lru_cache(maxsize=4096)
def poisson_bounds(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact (Garwood) bounds of the expected count, given the observed one.

    If the count is 0, so is the low end, and all the error goes to the upper end: 2.9957 at 95%.
    """
    if count < 0:
        raise ValueError("a count cannot be negative")
    if count == 0:
        return 0.0, -math.log(1 - confidence)
    z = _NORMAL.inv_cdf((1 - confidence) / 2)
    if count >= SERIES_FROM:
        return _gamma_series(count, z), _gamma_series(count + 1, -z)
    return _poisson_low(count, (1 - confidence) / 2), _poisson_high(count, (1 - confidence) / 2)


def mtbf_bounds(exposure: float, failures: int) -> tuple[float, float | None]:
    """95% bounds of the mean time between failures, in the unit of the exposure. Without a failure, high is None."""
    low, high = poisson_bounds(failures)
    return exposure / high, exposure / low if low else None


def median_interval(ordered: Sequence[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """Interval of the median by order statistics, from sorted values. None if n is below 6 (at 95%)."""
    rank = median_rank(len(ordered), confidence)
    return (ordered[rank - 1], ordered[-rank]) if rank else None


@lru_cache(maxsize=4096)
def median_rank(n: int, confidence: float = 0.95) -> int:
    """The largest rank r for which (r-th smallest, r-th largest) still covers the median; 0 when none does."""
    allowed = (1 - confidence) / 2
    # The normal approximation is off by at most one; the binomial tail decides.
    rank = max(0, math.floor((n + 1 + _NORMAL.inv_cdf(allowed) * math.sqrt(n)) / 2) - 1)
    while rank and _binomial_at_most(rank - 1, n, 0.5) > allowed:
        rank -= 1
    while 2 * rank < n and _binomial_at_most(rank, n, 0.5) <= allowed:
        rank += 1
    return rank


class Moments(NamedTuple):
    """Summary of a sample: n, mean, standard deviation (n - 1) and skewness."""

    n: int
    mean: float
    spread: float
    skew: float


def moments_from(n: int, mean: float, variance: float | None, cubes: float | None) -> Moments | None:
    """The moments of a sample from SQL aggregates: variance (by n) and sum of cubes. None if one is missing.

    If nearly all values are the same, their skewness is rounding noise and taken as 0.
    """
    if variance is None or cubes is None or n < 2:
        return None
    if variance <= (1e-5 * mean) ** 2:
        return Moments(n, mean, math.sqrt(max(variance, 0.0) * n / (n - 1)), 0.0)
    sigma = math.sqrt(variance)
    ratio = mean / sigma
    most = (n - 2) / math.sqrt(n - 1)  # the largest possible skewness of n values
    skew = cubes / n / sigma**3 - 3 * ratio - ratio**3
    return Moments(n, mean, sigma * math.sqrt(n / (n - 1)), min(max(skew, -most), most))


def mean_interval(sample: Moments, confidence: float = 0.95) -> tuple[float, float] | None:
    """Interval of a mean of times, corrected for skew (Hall's transformation of t). None below five values.

    Uses only moments, so it costs the same for any n. From 5 lognormal times on, it covers the mean at least as often as the
    BCa bootstrap. The low end is at least 0.
    """
    n, mean, spread, skew = sample
    if n < MEAN_MINIMUM:
        return None
    if spread == 0:
        return mean, mean
    root = math.sqrt(n)
    t = _student_quantile((1 + confidence) / 2, n - 1)

    def untwisted(x: float) -> float:
        if abs(skew) < 1e-6:
            return x
        return 3 * root / skew * (math.cbrt(1 + skew * (x / root - skew / (6 * n))) - 1)

    low, high = (mean - spread / root * untwisted(side * t) for side in (1, -1))
    return max(0.0, low), high


def bootstrap_mean(
    values: Sequence[float], seed: int, resamples: int = 2000, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Bias-corrected and accelerated (BCa) bootstrap interval of a mean. None below five values.

    The caller passes the seed, so that a page always shows the same interval.
    """
    n = len(values)
    if n < MEAN_MINIMUM:
        return None
    mean = math.fsum(value / n for value in values)
    gaps = [value - mean for value in values]
    widest = max(map(abs, gaps))
    if min(values) == max(values) or not widest:
        return mean, mean
    # In units of the widest gap, so that no power overflows or vanishes.
    gaps = [gap / widest for gap in gaps]
    rng = random.Random(seed)
    means = sorted(math.fsum(rng.choices(gaps, k=n)) / n for _ in range(resamples))
    # Resamples that tie with the mean count half, else the correction would be biased on coarse data.
    below = sum(m < 0 for m in means) + sum(m == 0 for m in means) / 2
    bias = _NORMAL.inv_cdf(min(max(below / resamples, 1 / resamples), 1 - 1 / resamples))
    # At most 1/6 for any values, and z is at most 5.3, so the denominator below stays above 0.
    acceleration = math.fsum(gap**3 for gap in gaps) / (6 * math.fsum(gap**2 for gap in gaps) ** 1.5)
    tail = (1 - confidence) / 2

    def end(share: float) -> float:
        z = bias + _NORMAL.inv_cdf(share)
        adjusted = _NORMAL.cdf(bias + z / (1 - acceleration * z))
        return mean + widest * means[min(max(int(adjusted * resamples), 0), resamples - 1)]

    return end(tail), end(1 - tail)


# Tests


def two_proportion_test(x1: int, n1: int, x2: int, n2: int) -> float:
    """Two-sided p that two proportions are equal: pooled z, or Fisher's exact test if an expected cell is below 5."""
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2):
        raise ValueError("successes must be between 0 and n")
    hits, total = x1 + x2, n1 + n2
    if n1 == 0 or n2 == 0 or hits in (0, total):
        return 1.0
    if min(hits, total - hits) * min(n1, n2) < 5 * total:
        return _fisher(x1, n1, hits, total)
    pooled = hits / total
    z = (x1 / n1 - x2 / n2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return math.erfc(abs(z) / math.sqrt(2))


class RankTest(NamedTuple):
    """Mann-Whitney: `u` counts the pairs with a > b (ties half); `p` is two-sided, None if a sample is too small."""

    u: float
    p: float | None


def rank_test(a: Sequence[float], b: Sequence[float]) -> RankTest:
    """Mann-Whitney U of two independent samples.

    Exact, with ties, up to twenty values in total; above that the normal approximation, corrected for ties and continuity.
    A sample of fewer than four values gets no p, because one outlier would decide it.
    """
    n1, n2 = len(a), len(b)
    doubled, ties = _midranks([*a, *b])
    rank_sum = sum(doubled[:n1])
    u = rank_sum / 2 - n1 * (n1 + 1) / 2
    if min(n1, n2) < RANK_MINIMUM:
        return RankTest(u, None)
    n = n1 + n2
    if n <= RANK_EXACT_UP_TO:
        return RankTest(u, _exact_rank_p(doubled, n1, rank_sum))
    variance = n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)))
    if variance <= 0:
        return RankTest(u, 1.0)
    z = max(abs(u - n1 * n2 / 2) - 0.5, 0) / math.sqrt(variance)
    return RankTest(u, math.erfc(z / math.sqrt(2)))


def compare_means(a: Moments, b: Moments) -> float:
    """Two-sided p that two means are equal: a permutation test of means. Uses only moments, so it costs the same for any n.

    Student's t approximates the permutation distribution (Pitman), corrected for the skew that unequal sample sizes cause.
    It is more cautious than scipy's permutation test: a small p is hardly ever more than 0.02 below scipy's, and for few and
    very skewed values it can be far larger. A sample of fewer than four values gets p = 1, because one outlier would decide.
    """
    n = a.n + b.n
    if min(a.n, b.n) < RANK_MINIMUM or a.mean == b.mean:
        return 1.0
    pooled = (a.n * a.mean + b.n * b.mean) / n
    variance = third = 0.0
    for sample in (a, b):
        gap, own = sample.mean - pooled, sample.spread**2 * (sample.n - 1) / sample.n
        variance += sample.n * (own + gap**2) / n
        third += sample.n * (sample.skew * own**1.5 + 3 * own * gap + gap**3) / n
    if variance <= 0:
        return 1.0
    z = (a.mean - b.mean) * math.sqrt(a.n / n * b.n / variance / n * (n - 1))
    t2 = (n - 2) * z * z / max(n - 1 - z * z, 1e-12)
    normal = math.copysign(math.sqrt((n - 2) * math.log1p(t2 / (n - 2))) * (8 * n - 15) / (8 * n - 13), z)
    skew = third / variance**1.5 * (b.n - a.n) / math.sqrt(a.n * b.n) * math.sqrt(n - 1) / (n - 2)
    corrected = normal - skew * (normal**2 - 1) / 6
    # The correction for the tail must not reverse the sign of the difference.
    return min(1.0, math.erfc(max(math.copysign(corrected, corrected * z), 0.0) / math.sqrt(2)))


def poisson_rate_test(c1: int, t1: float, c2: int, t2: float, two_sided: bool = False) -> float:
    """Exact p that the second rate is not lower than the first: given c1 + c2, c2 is binomial with t2 / (t1 + t2).

    12 in 90 days, then 4 in 90 days: 0.0384. `two_sided` doubles the smaller tail.
    """
    if c1 < 0 or c2 < 0 or t1 <= 0 or t2 <= 0:
        raise ValueError("counts must be at least 0 and times above 0")
    n, share = c1 + c2, t2 / (t1 + t2)
    lower = _binomial_at_most(c2, n, share)
    if not two_sided:
        return lower
    upper = _binomial_at_most(c1, n, 1 - share)
    return min(1.0, 2 * min(lower, upper))


def rate_ratio_interval(c1: int, t1: float, c2: int, t2: float) -> tuple[float, float | None]:
    """95% interval of the second rate by the first, exact like `poisson_rate_test` (Clopper-Pearson).

    None: no upper end, because nothing was counted before. 12 in 90 days, then 4 in 90 days: 0.08 to 1.09.
    """
    n = c1 + c2
    if not n or t1 <= 0 or t2 <= 0:
        return 0.0, None

    def share(holds: Callable[[float], bool]) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return low

    lower = share(lambda p: 1 - _binomial_at_most(c2 - 1, n, p) < 0.025) if c2 else 0.0
    upper = share(lambda p: _binomial_at_most(c2, n, p) > 0.025) if c1 else 1.0
    return lower / (1 - lower) * t1 / t2 if lower else 0.0, upper / (1 - upper) * t1 / t2 if c1 else None


# Control charts


class XmR(NamedTuple):
    """Control limits of individual values and of their moving ranges."""

    centre: float
    low: float
    high: float
    range_mean: float
    range_high: float


def xmr(values: Sequence[float]) -> XmR:
    """Individuals and moving-range chart (2.66, 3.267). The low limit can be below 0; use a log scale for times."""
    if len(values) < 2:
        raise ValueError("a moving range needs two values")
    centre = math.fsum(values) / len(values)
    spread = _moving_range(values)
    return XmR(centre, centre - XMR_FACTOR * spread, centre + XMR_FACTOR * spread, spread, RANGE_FACTOR * spread)


def p_limits(centre: float, n: float, sigma_z: float = 1.0) -> tuple[float, float]:
    """Three-sigma limits of a proportion for one sample of n, clipped to 0..1; None for an empty sample."""
    if not n:
        return 0.0, 1.0
    half = 3 * sigma_z * math.sqrt(centre * (1 - centre) / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def u_limits(centre: float, area: float, sigma_z: float = 1.0) -> tuple[float, float]:
    """Three-sigma limits of a count per unit of area (weeks, deployments, lines). A c chart has area 1."""
    if not area:
        return 0.0, math.inf
    half = 3 * sigma_z * math.sqrt(centre / area)
    return max(0.0, centre - half), centre + half


class Laney(NamedTuple):
    """Limits widened by `sigma_z`, the variation beyond chance. Above 1.5, a plain p or u chart raises false alarms."""

    centre: float
    sigma_z: float
    limits: tuple[tuple[float, float], ...]

    @property
    def needed(self) -> bool:
        return self.sigma_z > 1.5


def laney_p(xs: Sequence[int], ns: Sequence[int]) -> Laney:
    """Laney's p' chart."""
    centre = sum(xs) / max(sum(ns), 1)
    sigma_z = _sigma_z(xs, ns, centre, centre * (1 - centre))
    return Laney(centre, sigma_z, tuple(p_limits(centre, n, sigma_z) for n in ns))


def laney_u(counts: Sequence[int], areas: Sequence[float]) -> Laney:
    """Laney's u' chart."""
    centre = sum(counts) / (math.fsum(areas) or 1)
    sigma_z = _sigma_z(counts, areas, centre, centre)
    return Laney(centre, sigma_z, tuple(u_limits(centre, area, sigma_z) for area in areas))


class Signal(NamedTuple):
    """A point that chance rarely explains, by its index in the series."""

    place: int
    rule: Literal["limit", "run"]


def signals(
    values: Sequence[float], centre: float, low: float | Sequence[float], high: float | Sequence[float]
) -> list[Signal]:
    """Points outside a limit, and every point from the eighth in a row on one side of the centre.

    Each limit is one number, or one number per point. A value on the centre line ends a run.
    """
    lows = low if isinstance(low, Sequence) else [low] * len(values)
    highs = high if isinstance(high, Sequence) else [high] * len(values)
    found, side, run = [], 0, 0
    for place, (value, bottom, top) in enumerate(zip(values, lows, highs, strict=True)):
        if not bottom <= value <= top:
            found.append(Signal(place, "limit"))
        here = (value > centre) - (value < centre)
        run = run + 1 if here and here == side else abs(here)
        side = here
        if run >= RUN_LENGTH:
            found.append(Signal(place, "run"))
    return found


# Helpers


@lru_cache(maxsize=4096)
def _student_quantile(share: float, freedom: int) -> float:
    """Quantile of Student's t by the Cornish-Fisher series, within 0.001 from 4 degrees of freedom on."""
    z = _NORMAL.inv_cdf(share)
    z2 = z * z
    terms = (
        (z2 + 1) / 4,
        ((5 * z2 + 16) * z2 + 3) / 96,
        (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160,
    )
    return z + z * math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def _poisson_low(count: int, tail: float) -> float:
    """The Poisson mean for which `count` or more has the probability `tail`."""

    def step(mean: float) -> float:
        # P(N >= count) = P(N = count) * total, and its slope is P(N = count - 1).
        total, term, k = 1.0, 1.0, count
        while term > total * 1e-17:
            k += 1
            term *= mean / k
            total += term
        return (_log_poisson(count, mean) + math.log(total / tail)) * mean * total / count

    return _newton(_gamma_guess(count, tail), lambda mean: -step(mean))


def _poisson_high(count: int, tail: float) -> float:
    """The Poisson mean for which `count` or fewer has the probability `tail`."""

    def step(mean: float) -> float:
        # P(N <= count) = P(N = count) * total, and its slope is -P(N = count).
        total, term = 1.0, 1.0
        for k in range(count, 0, -1):
            term *= k / mean
            total += term
        return (_log_poisson(count, mean) + math.log(total / tail)) * total

    return _newton(_gamma_guess(count + 1, 1 - tail), step)


def _newton(x: float, step: Callable[[float], float]) -> float:
    """Newton's method for a positive root. Converges from any start, because the logarithm of a tail is concave."""
    for _ in range(100):
        following = max(x + step(x), x / 8)
        if abs(following - x) <= 1e-14 * x:
            return following
        x = following
    return x


def _gamma_guess(shape: int, share: float) -> float:
    """Wilson and Hilferty's quantile of a gamma distribution."""
    root = 1 - 1 / (9 * shape) + _NORMAL.inv_cdf(share) / (3 * math.sqrt(shape))
    return shape * max(root, 0.05) ** 3


def _gamma_series(shape: int, z: float) -> float:
    """The quantile of a gamma distribution at the normal quantile z (Cornish and Fisher), for large shapes."""
    z2, root = z * z, math.sqrt(shape)
    terms = (
        z * root,
        (z2 - 1) / 3,
        z * (z2 - 7) / (36 * root),
        -((3 * z2 + 7) * z2 - 16) / (810 * shape),
        z * ((9 * z2 + 256) * z2 - 433) / (38880 * shape * root),
        (((12 * z2 - 243) * z2 - 923) * z2 + 1472) / (204120 * shape**2),
        -z * (((3753 * z2 + 4353) * z2 - 289517) * z2 - 289717) / (146966400 * shape**2 * root),
    )
    return shape + math.fsum(terms)


def _log_poisson(count: int, mean: float) -> float:
    """log P(N = count), without lgamma, which would subtract large numbers from each other."""
    if count == 0:
        return -mean
    return -_deviance(count, mean) - _stirling_rest(count) - math.log(2 * math.pi * count) / 2


def _deviance(count: int, mean: float) -> float:
    """count * log(count / mean) + mean - count, precise even if count and mean are close."""
    gap = (mean - count) / count
    if abs(gap) < 0.5:
        return count * (gap - math.log1p(gap))
    return count * math.log(count / mean) + mean - count


def _stirling_rest(n: int) -> float:
    """log n! minus Stirling's formula."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - math.log(2 * math.pi) / 2
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / n


def _fisher(x1: int, n1: int, hits: int, total: int) -> float:
    """Two-sided Fisher: sums over all tables with the same margins that are at most as likely as the observed one.

    Each probability is computed from its neighbour's, starting with 1 at the likeliest table, so nothing overflows.
    """
    rest = total - n1 - hits  # misses of the second sample if the first has no hits
    lowest, highest = max(0, -rest), min(hits, n1)
    top = min(max((hits + 1) * (n1 + 1) // (total + 2), lowest), highest)
    chances = {top: 1.0}
    for x in range(top, highest):
        chances[x + 1] = chances[x] * ((n1 - x) * (hits - x) / ((x + 1) * (rest + x + 1)))
    for x in range(top, lowest, -1):
        chances[x - 1] = chances[x] * (x * (rest + x) / ((n1 - x + 1) * (hits - x + 1)))
    # Equally likely tables can differ in the last digits, hence the tolerance.
    seen = chances[x1] * (1 + 1e-7)
    return min(1.0, math.fsum(chance for chance in chances.values() if chance <= seen) / math.fsum(chances.values()))


def _binomial_at_most(k: int, n: int, share: float) -> float:
    """P(X <= k) for X binomial, summed down from k until the terms no longer matter."""
    if k >= n or share <= 0:
        return 1.0
    if k < 0 or share >= 1:
        return 0.0
    if k > n * share:
        return 1 - _binomial_at_most(n - k - 1, n, 1 - share)
    first = math.exp(_log_binomial(k, n, share))
    if first == 0:
        return 0.0
    term = total = 1.0
    odds = (1 - share) / share
    for i in range(k, 0, -1):
        term *= i / (n - i + 1) * odds
        total += term
        if term <= total * 1e-17:
            break
    return first * total


def _log_binomial(k: int, n: int, share: float) -> float:
    """log P(X = k), computed like `_log_poisson`."""
    if k == 0:
        return n * math.log1p(-share)
    deviance = _deviance(k, n * share) + _deviance(n - k, n * (1 - share))
    rest = _stirling_rest(n) - _stirling_rest(k) - _stirling_rest(n - k)
    return rest - deviance + math.log(n / (2 * math.pi * k * (n - k))) / 2


def _midranks(values: Sequence[float]) -> tuple[list[int], int]:
    """Twice the midrank of each value (integers, so sums compare exactly), and the tie term: the sum of t^3 - t."""
    order = sorted(range(len(values)), key=values.__getitem__)
    doubled, ties, start = [0] * len(values), 0, 0
    while start < len(order):
        end = start + 1
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            doubled[place] = start + 1 + end
        t = end - start
        ties += t**3 - t
        start = end
    return doubled, ties


def _exact_rank_p(doubled: Sequence[int], size: int, seen: int) -> float:
    """Two-sided p of a rank sum among all ways to pick `size` of the ranks."""
    ways: list[dict[int, int]] = [{0: 1}] + [{} for _ in range(size)]
    for rank in doubled:
        for picked in range(size, 0, -1):
            target = ways[picked]
            for total, count in ways[picked - 1].items():
                target[total + rank] = target.get(total + rank, 0) + count
    whole = math.comb(len(doubled), size)
    at_most = sum(count for total, count in ways[size].items() if total <= seen)
    at_least = sum(count for total, count in ways[size].items() if total >= seen)
    return min(1.0, 2 * min(at_most, at_least) / whole)


def _moving_range(values: Sequence[float]) -> float:
    return math.fsum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1)


def _sigma_z(xs: Sequence[float], sizes: Sequence[float], centre: float, variance: float) -> float:
    if len(xs) != len(sizes) or sum(size > 0 for size in sizes) < 2:
        raise ValueError("a moving range needs two points, each with its size")
    if variance <= 0:
        return 0.0
    zs = [(x / size - centre) / math.sqrt(variance / size) for x, size in zip(xs, sizes, strict=True) if size > 0]
    return _moving_range(zs) / D2
