"""The demo's teams and how each one developed over the two years."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, product

from demo.vocabulary import DOMAINS, GROUPS, QUALIFIERS

# (share of the history that has passed, value), interpolated linearly.
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outage:
    """A memorable incident, which replaces a random one."""

    days_ago: float
    hours: float
    severity: str
    title: str
    cause: str
    should_have_caught: str


@dataclass(frozen=True)
class StillOpen:
    """An incident that is still open. `taken`: someone works on it."""

    hours_ago: float
    severity: str
    title: str
    taken: bool = True
    mitigated: bool = False


@dataclass(frozen=True)
class Profile:
    """How a team performs. `escaped` (percent) and `restore` (mean hours) are curves over the history, from 0 to 1.

    `catches` says where faults are found before production: early, balanced or late. `season` is how much busier the
    weeks before Christmas are (0.5: 50% more). `defects` and `incidents` are the team's weights in the totals.
    """

    escaped: Curve
    restore: Curve
    catches: str = "balanced"
    season: float = 0.0
    defects: float = 80
    incidents: float = 8


@dataclass(frozen=True)
class Plan:
    """A team to create. Without a profile it is a group, or a team without records."""

    name: str
    key: str
    slug: str
    group: str = ""
    description: str = ""
    domain: str = ""
    profile: Profile | None = None
    outages: tuple[Outage, ...] = ()
    still_open: tuple[StillOpen, ...] = ()


def flat(value: float) -> Curve:
    return ((0, value),)


def at(curve: Curve, moment: float) -> float:
    """The curve's value at a share of the history. It is flat before its first and after its last point."""
    earlier = curve[0]
    for later in curve:
        if moment < later[0]:
            span = later[0] - earlier[0]
            part = (moment - earlier[0]) / span if span else 0
            return earlier[1] + part * (later[1] - earlier[1])
        earlier = later
    return earlier[1]


ELITE = Profile(escaped=((0, 5.5), (0.4, 3.6), (0.85, 2.9)), restore=((0, 1.2), (0.5, 0.6)), catches="early", defects=90)
STEADY_GOOD = Profile(escaped=((0, 9), (0.85, 7.2)), restore=((0, 3), (0.8, 2)), defects=95)
AVERAGE = Profile(escaped=flat(14.5), restore=flat(9))
IMPROVER = Profile(
    escaped=((0, 31), (0.4, 28), (0.78, 23), (0.89, 6.9)),
    restore=((0, 34), (0.4, 24), (0.7, 11), (0.89, 2.1)),
    catches="balanced",
    season=0.35,
    defects=105,
    incidents=9,
)
DECLINER = Profile(
    escaped=((0, 6), (0.5, 7), (0.78, 10), (0.89, 28)),
    restore=((0, 3), (0.45, 4), (0.7, 12), (0.89, 44)),
    catches="late",
    incidents=9,
)
NEEDS_WORK = Profile(escaped=((0, 24), (0.8, 17)), restore=((0, 60), (0.5, 48)), catches="late", incidents=9)
CRITICAL = Profile(escaped=((0, 33), (0.5, 38), (0.86, 45)), restore=((0, 30), (0.86, 58)), catches="late", incidents=9)
BORDERLINE = Profile(escaped=((0, 15), (0.5, 11), (0.86, 9.4)), restore=((0, 5), (0.6, 3)), defects=90, incidents=7)
SMALL = Profile(escaped=flat(12), restore=flat(5), defects=8, incidents=2.4)

COMMERCE = Plan("Commerce", "COM", "commerce", description="Everything a customer sees and pays for.")
PLATFORM = Plan("Platform", "PLAT", "platform", description="The platform that all other teams build on.")

NAMED = (
    COMMERCE,
    Plan(
        "Payments", "PAY", "payments", "Commerce", "Cards, wallets, refunds and the ledger.", "payments", ELITE,
        outages=(
            Outage(
                248, 41, "SEV1", "All card payments fail after the move to the new payment provider",
                "Nobody had asked the new provider about its production limits. The rollback needed a migration "
                "that nobody had tested.", "pre-deploy",
            ),
        ),
    ),
    Plan(
        "Checkout", "CHK", "checkout", "Commerce", "From the basket to the order.", "checkout", IMPROVER,
        outages=(
            Outage(
                631, 96, "SEV1", "Orders are lost on the busiest day of the year",
                "The order queue dropped messages when it was full. The load test had used a tenth of the traffic.",
                "pre-deploy",
            ),
        ),
    ),
    PLATFORM,
    Plan(
        "Identity", "IDN", "identity", "Platform", "Sign-in, sessions and permissions.", "identity",
        replace(STEADY_GOOD, catches="early"),
        still_open=(
            StillOpen(101, "SEV3", "Single sign-on fails for two partners with older certificates", mitigated=True),
        ),
    ),
    Plan(
        "Data platform", "DATA", "data-platform", "Platform", "Loads, reports and the event stream.", "data", NEEDS_WORK,
        outages=(
            Outage(
                402, 210, "SEV2", "Four days of events are missing from the warehouse",
                "The stream kept its data for three days, and the alert for a stopped loader went to a team that no "
                "longer exists.", "design",
            ),
        ),
    ),
    Plan(
        "Search", "SRCH", "search", "Commerce", "Catalogue, search and recommendations.", "search",
        replace(AVERAGE, season=0.6, catches="balanced"),
        still_open=(StillOpen(3.2, "SEV2", "Search results are hours old in one region"),),
    ),
    Plan("Growth", "GRO", "growth", "Commerce", "Campaigns, experiments, sign-up.", "growth", replace(DECLINER, season=0.3)),
    Plan(
        "Logistics", "LOG", "logistics", "Commerce", "Stock, labels, carriers and the warehouse terminals.", "logistics",
        replace(CRITICAL, season=0.5),
        outages=(
            Outage(
                326, 260, "SEV1", "Warehouse terminals cannot book goods for eleven days",
                "The terminals' old operating system refused the new certificate chain. Each had to be updated by hand.",
                "design",
            ),
        ),
        still_open=(StillOpen(27, "SEV2", "One carrier does not receive parcel data"),),
    ),
    Plan(
        "Mobile apps", "MOB", "mobile-apps", "Commerce", "Customer apps for iOS and Android.", "mobile",
        Profile(escaped=((0, 24), (0.5, 17), (0.86, 13)), restore=((0, 30), (0.86, 13)), catches="late", defects=120),
    ),
    Plan(
        "Infrastructure", "INF", "infrastructure", "Platform", "Clusters, networks, databases.", "infrastructure",
        replace(ELITE, escaped=((0, 8), (0.86, 3.6)), restore=((0, 2.5), (0.6, 0.5)), defects=110),
    ),
    Plan("Developer tools", "DEV", "developer-tools", "Platform", "Builds, tests, deployments, flags.", "tools", BORDERLINE),
    Plan(
        "Messaging", "MSG", "messaging", "Platform", "Mails, texts and the inbox; a small team.", "messaging", SMALL,
        still_open=(StillOpen(0.8, "SEV4", "Delivery reports of one text message provider are late", taken=False),),
    ),
    Plan("Partner API", "PART", "partner-api", "Commerce", "Formed this month; nothing has been recorded yet."),
)  # fmt: skip
DEFAULT_TEAMS = len(NAMED)
TEAMS_IN_A_GROUP = 12
SORTS_OF_TEAM = (ELITE, STEADY_GOOD, AVERAGE, IMPROVER, DECLINER, NEEDS_WORK, CRITICAL, BORDERLINE, SMALL)
HOW_COMMON = (2, 4, 5, 3, 2, 3, 1, 3, 1)


def plan_teams(number: int, seed: int) -> list[Plan]:
    """Plans `number` teams: the named ones, then generated ones. Groups are included and come before their teams."""
    named = NAMED[:number]
    missing = number - len(named)
    keys = {plan.key for plan in named}
    groups = [
        Plan(name, _free_key(name, keys), _slug(name))
        for name in _first(missing // (TEAMS_IN_A_GROUP + 1), _crossed(GROUPS))
    ]
    homes = [group.name for group in groups] or [COMMERCE.name, PLATFORM.name]
    rng = random.Random(f"{seed}:teams")
    domains = list(DOMAINS)
    names = _names(domains, {plan.name for plan in (*named, *groups)})
    invented = []
    for place, (name, domain) in enumerate(_first(missing - len(groups), names)):
        profile = _varied(rng.choices(SORTS_OF_TEAM, HOW_COMMON)[0], rng)
        home = homes[place % len(homes)]
        invented.append(Plan(name, _free_key(name, keys), _slug(name), home, "", domain, profile))
    return [*named, *groups, *invented]


def _varied(profile: Profile, rng: random.Random) -> Profile:
    """A similar team, a little better or worse, larger or smaller."""
    better, faster, size = rng.uniform(0.85, 1.15), rng.uniform(0.75, 1.3), rng.uniform(0.7, 1.3)
    return replace(
        profile,
        escaped=tuple((moment, value * better) for moment, value in profile.escaped),
        restore=tuple((moment, value * faster) for moment, value in profile.restore),
        season=rng.choice((0, 0, 0.2, 0.4)),
        catches=rng.choice((profile.catches, "balanced")),
        defects=profile.defects * size,
    )


def _names(domains: Sequence[str], used: set[str]) -> Iterator[tuple[str, str]]:
    """Names and domains for generated teams: first the plain names of all domains, then the same with a qualifier."""
    most = max(len(DOMAINS[domain].related) for domain in domains)
    plain = [
        (DOMAINS[domain].related[place], domain)
        for place in range(most)
        for domain in domains
        if place < len(DOMAINS[domain].related)
    ]
    for qualifier, (name, domain) in product(("", *QUALIFIERS), plain):
        full = f"{name} {qualifier}".strip()
        if full not in used:
            used.add(full)
            yield full, domain
    for number in count(2):
        for name, domain in plain:
            yield f"{name} {number}", domain


def _crossed(names: Sequence[str]) -> Iterator[str]:
    for qualifier, name in product(("", *QUALIFIERS), names):
        yield f"{name} {qualifier}".strip()


def _first(number: int, names: Iterator) -> list:
    return [next(names) for _ in range(number)]


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub("[^A-Z]", "", plain.upper())


def _slug(name: str) -> str:
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def _free_key(name: str, taken: set[str]) -> str:
    letters = _letters(name)
    candidates = (letters[:4], letters[0] + letters[-3:], *(f"{letters[:4]}{number}" for number in range(2, 1000)))
    key = next(key for key in candidates if key not in taken)
    taken.add(key)
    return key
