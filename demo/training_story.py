"""Who learns in the demo, and what they decided. No database: names, paths through scenarios, texts.

A way is the list of choices in one first attempt. The ways of a scenario are chosen to look like a real course: a third
to a half take the right answer, nearly as many a popular trap, and most cells have at least the five people that are
needed to show a figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Way = tuple[str, ...]

ZERO_BUG, CORD, CANARY = "zero_bug_policy", "pull_the_cord", "canary_that_sang_too_late"
SPRINT, UNITS = "the_qa_sprint", "two_units_one_number"


def _ways(*lines: str) -> list[Way]:
    """Each line is the number of people, then the way they took."""
    return [tuple(way.split()) for number, way in (line.split(maxsplit=1) for line in lines) for _ in range(int(number))]


WAYS: dict[str, list[Way]] = {
    ZERO_BUG: _ways(
        "2 bankrupt scan fix_now pareto",
        "1 bankrupt scan later_list pareto",
        "1 bankrupt scan decline pareto",
        "1 bankrupt scan fix_now suspend",
        "1 bankrupt silent fix_now pareto",
        "1 bankrupt silent fix_now relabel",
        "2 bankrupt silent later_list suspend",
        "1 bankrupt silent decline relabel",
        "1 hardening switch scan fix_now pareto",
        "1 hardening switch silent later_list pareto",
        "3 hardening bounty",
        "1 groom switch scan fix_now pareto",
        "1 groom switch scan decline relabel",
        "1 groom switch silent later_list suspend",
        "2 groom bounty",
        "1 smash cut_over fix_now pareto",
        "1 smash cut_over fix_now relabel",
        "1 smash cut_over later_list pareto",
        "1 smash cut_over decline suspend",
        "1 smash cut_over decline relabel",
        "5 smash back_to_normal",
    ),
    CORD: _ways(
        "3 stop thank five_whys better_numbers",
        "1 stop thank threshold better_numbers",
        "1 stop thank threshold fewer",
        "2 stop careful ask_why better_numbers",
        "2 stop careful leave fewer",
        "1 stop careful leave no_number",
        "1 ask_lead stop_button five_whys better_numbers",
        "1 ask_lead stop_button threshold better_numbers",
        "1 ask_lead remind ask_why better_numbers",
        "1 ask_lead remind ask_why no_number",
        "1 ask_lead remind leave no_number",
        "1 ticket stop_button five_whys no_number",
        "1 ticket stop_button threshold fewer",
        "1 ticket stop_button threshold no_number",
        "1 ticket remind ask_why better_numbers",
        "1 ticket remind leave fewer",
    ),
    SPRINT: _ways(
        "2 shift_left split read_escapes smoke_rollback",
        "1 shift_left split read_escapes longer_staging",
        "1 shift_left nightly read_escapes smoke_rollback",
        "1 shift_left nightly log_less longer_staging",
        "1 shift_left nightly log_less smoke_rollback",
        "1 more_testers move_now split read_escapes smoke_rollback",
        "1 more_testers move_now split log_less longer_staging",
        "1 qa_sprint move_now split log_less smoke_rollback",
        "1 qa_sprint move_now nightly read_escapes longer_staging",
        "1 qa_sprint move_now nightly log_less longer_staging",
        "2 qa_sprint longer",
        "3 more_testers longer",
    ),
    CANARY: _ways(
        "2 canary hold compare roll_back blameless",
        "1 canary week compare flag_off blameless",
        "1 canary half compare roll_back blameless",
        "1 canary half trust_average hotfix short_note",
        "1 canary hold trust_average hotfix name",
        "2 quarter compare roll_back blameless",
        "2 quarter trust_average hotfix short_note",
        "1 quarter trust_average flag_off name",
        "1 quarter restart roll_back blameless",
    ),
    UNITS: _ways(  # too few people to show any figure
        "1 contract anomaly prove_safe thin_thread",
        "1 call anomaly vote skip",
        "1 assume hand_tune automate ask_proof skip",
    ),
}
NOT_DECIDED = {ZERO_BUG: 2, CORD: 1, SPRINT: 2}  # opened it and decided nothing
# Second attempts, after reading the debrief: these ways pass.
BETTER: dict[str, list[Way]] = {
    ZERO_BUG: _ways(
        "3 bankrupt scan fix_now pareto",
        "1 smash cut_over fix_now pareto",
        "1 hardening switch scan fix_now pareto",
        "1 bankrupt scan decline pareto",
    ),
    CORD: _ways("2 stop thank five_whys better_numbers", "1 stop thank five_whys no_number"),
    SPRINT: _ways("1 shift_left split read_escapes smoke_rollback"),
    CANARY: _ways("1 canary hold compare roll_back blameless", "1 canary week compare roll_back blameless"),
}


@dataclass(frozen=True)
class Trainee:
    """A new hire. `parts` is how many of the plan's pages and checks are done, in the plan's order.

    `first` and `again` are the ways through the plan's scenario; None: not started. A way that reaches no ending means that
    the attempt is still open.
    """

    name: str
    joined: int  # days ago
    parts: int
    first: Way | None
    again: Way | None = None
    skipped: tuple[str, ...] = ()


BEST = ("bankrupt", "scan", "fix_now", "pareto")
TRAINEES = (
    Trainee("Leila Farahani", 52, 7, ("smash", "back_to_normal"), BEST),
    Trainee("Marcus Oyelaran", 52, 7, BEST),
    Trainee("Sofie Claes", 38, 7, ("hardening", "bounty"), ("hardening", "switch", "scan", "fix_now", "pareto")),
    Trainee("Dmitri Volkov", 38, 7, ("smash", "back_to_normal"), skipped=("mean_or_median",)),
    Trainee("Anjali Menon", 38, 7, ("bankrupt", "scan", "decline", "pareto")),
    Trainee("Theo Laurent", 24, 3, None),
    Trainee("Wanjiru Kamau", 18, 7, ("groom", "bounty")),
    Trainee("Isabel Pinto", 10, 4, None),
    Trainee("Oskar Nyberg", 1, 0, None),
)
NEW_HIRE = Trainee("Nils Bergman", 15, 7, ("bankrupt",), skipped=("mean_or_median",))
NEW_HIRE_CORD = ("ask_lead", "stop_button", "five_whys", "better_numbers")
NEW_HIRE_EMAIL = "newhire@demo.example"

# Engineers: team leads count as authors, so analytics need enough other people.
ENGINEERS = (
    "Aisha Bello", "Benedikt Vogel", "Catarina Reis", "Diego Fuentes", "Emma Lindgren", "Finn Gallagher", "Gulsen Arslan",
    "Hugo Marchetti", "Irina Popescu", "Jakub Zielinski", "Keiko Mori", "Lucas Meyer", "Nadia Saleh", "Oumar Diallo",
    "Priya Nair",
)  # fmt: skip
# Teams of the demo's manager, for the training board, and some others. A small demo has only some of them.
TRAINED_TEAMS = ("Checkout", "Payments", "Search", "Identity")
OTHER_TEAMS = ("Checkout", "Payments", "Growth", "Mobile apps", "Data platform", "Search", "Infrastructure", "Logistics")

# --- A plan of one team -------------------------------------------------------------------------------------------

TEAM_PLAN = "Release with a net"
TEAM_PLAN_FOR = "Checkout"
TEAM_PLAN_TEXT = "Before you are on call for a release: how we limit a fault to a few customers and stop in time."
TEAM_PLAN_ITEMS = (
    ("page", "progressive-delivery", 14),
    ("check", "canary", 14),
    ("scenario", CORD, 21),
    ("scenario", CANARY, 28),
)
TEAM_PLAN_DAYS_AGO = 8


@dataclass(frozen=True)
class ToDo:
    """A to-do item or an introduction of a plan."""

    title: str
    due_days: int
    text: str = ""
    link: str = ""
    meet: str = ""
    is_checked: bool = False
    opens_after: int = 0
    in_order: bool = False


MEET_LEAD = ToDo(
    "Meet the person who leads incidents", 12, "Ask for the last incident that surprised them.", meet="incident_lead"
)
SHADOW = ToDo(
    "Follow one release from start to end",
    35,
    "Sit beside the person who releases. Say aloud when you would stop, and why.",
    is_checked=True,
    in_order=True,
)
TEAM_PLAN_TASKS = (MEET_LEAD, SHADOW)

# --- Plans of the organisation, to be assigned when somebody needs them ---------------------------------------------


@dataclass(frozen=True)
class OrganisationPlan:
    name: str
    role: str
    text: str
    items: tuple[tuple[str, str, int], ...]
    tasks: tuple[ToDo, ...] = ()


ORGANISATION_PLANS = (
    OrganisationPlan(
        "Engineers: changes that hold",
        "engineer",
        "Reviews that find something, tests that mean something, and a word that means one thing.",
        (
            ("page", "code-review", 7),
            ("scenario", "two_thousand_lines_on_friday", 14),
            ("check", "two_thousand_lines", 14),
            ("page", "test-pyramid", 21),
            ("page", "flaky-tests", 21),
            ("scenario", "red_green_red", 28),
            ("check", "red_for_nothing", 28),
            ("page", "requirements", 35),
            ("scenario", "what_urgent_meant", 42),
            ("check", "urgent_for_both", 42),
        ),
    ),
    OrganisationPlan(
        "Leads: when it gets tight",
        "manager",
        "The pager, the error budget and an advisory: decisions that cost something today.",
        (
            ("page", "on-call", 7),
            ("scenario", "the_pager_at_three", 14),
            ("check", "pages_that_need_nobody", 14),
            ("page", "error-budgets", 21),
            ("check", "burn_rate", 21),
            ("scenario", "the_budget_is_spent", 28),
            ("page", "security-defects", 35),
            ("page", "feature-flags", 35),
            ("scenario", "one_advisory_forty_services", 42),
            ("check", "score_and_use", 42),
        ),
        (
            ToDo("Meet the person on call", 10, "Ask which page they would delete first.", meet="on_call"),
            ToDo(
                "Throw one kill switch in staging",
                49,
                "Ask a colleague to watch, and write down how long it took.",
                is_checked=True,
            ),
        ),
    ),
)

# --- Knowledge checks of the new hire: days ago, and whether the answer was right -----------------------------------------


@dataclass(frozen=True)
class Answers:
    check: str
    given: tuple[tuple[int, bool], ...]
    slip: dict[str, str] = field(default_factory=dict)


NEW_HIRE_ANSWERS = (
    Answers("boundary_and_removal", ((9, True), (8, True))),  # due again
    Answers("availability", ((11, True), (10, True), (6, True))),  # rests
    Answers("can_we_claim_it", ((3, False), (2, True)), {"claim": "shown"}),  # rests
    Answers("cost_of_quality", ((2, False),), {"share": "300", "revenue": "8"}),  # was wrong, due again
    Answers("time_to_detect", ((3, True), (2, True))),  # rests
)
SLIPS = {  # the answers of people who fell for the trap
    "escaped_defect_rate": {"rate": "18.75"},
    "mean_or_median": {"mttr": "2", "tier": "good"},
    "bug_smash": {"left": "208", "weeks": "9"},
}

# --- Why people decided as they did: node -> choice -> words ---------------------------------------------------------------

REASONS = {
    ("backlog_review", "smash"): "One tough month, and then the board is clean for good.",
    ("backlog_review", "bankrupt"): "Nobody has read these tickets in a year. If it matters, it will come back.",
    ("backlog_review", "hardening"): "It gives us a fixed slot without stopping the features.",
    ("close_how", "scan"): "I wouldn't want to find a data loss among the ones we closed.",
    ("first_bug", "later_list"): "Friday's demo decides the quarter.",
    ("first_bug", "fix_now"): "If the first bug can wait, we have no policy.",
    ("capacity", "pareto"): "Sixty percent from two modules: start there.",
    ("odd_signal", "ticket"): "0.3 percent is three in a thousand.",
    ("odd_signal", "stop"): "We can resume the rollout in an hour. We can't undo a bad one.",
    ("many_stops", "threshold"): "With five stops a week, nobody takes them seriously.",
    ("release_slips", "qa_sprint"): "At least someone would look at the whole picture.",
}

# --- Self-assessments and advice ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assessment:
    """`answers`: two for each of the five steps, in order. The manager asks the question right after."""

    team: str
    days_ago: int
    answers: str
    question: str = ""
    answer: str = ""


ASSESSMENTS = (
    Assessment("Checkout", 47, "2121 1122 11"),
    Assessment(
        "Checkout",
        12,
        "2222 2211 21",
        "We have two free weeks next quarter. Should we build a smoke test in staging, or improve the rollback command "
        "that only one of us has ever used? I have to tell the team by Monday.",
        "The rollback command, and it takes one afternoon, not two weeks: have everyone on call use it once on a harmless "
        "change. Your last three outages were long because the right person was asleep, not because nobody noticed. "
        "Then add the smoke test: five paths, with the production configuration. Check your time to restore in a month.",
    ),
    Assessment("Payments", 33, "3232 2322 22"),
    Assessment(
        "Payments",
        0,
        "3333 2322 21",
        "Our numbers are good, but the auditors still want a second approval before each deployment. Can we show that a "
        "canary with a guardrail does the same job? The answer goes into this month's audit.",
    ),
)
