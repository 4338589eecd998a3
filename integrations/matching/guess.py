"""Guesses what a file means, with reasons: its tool, a column for each field, and the meaning of words. Plain Python.

`guess(survey).plan` is the person's starting point. When they change columns, `matches(survey, plan)` and
`words(survey, plan)` give what the page shows for the changed plan.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from integrations.matching.fields import FOUND, Field, Type
from integrations.matching.order import DayOrder
from integrations.matching.plan import Plan
from integrations.matching.preset import SPREADSHEET, Preset
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Column, Survey
from integrations.matching.words import DEFECT, KEYS, LEAVE_OUT, UNKNOWN, VOCABULARY, WANTED, meaning, plain

# {list: {name: key}} of the portal's severities, stages and teams.
Own = Mapping[str, Mapping[str, str]]

# Columns with the last change. They stand in for a missing creation date, with a note.
CHANGED = (
    "changed", "updated", "updated at", "last updated", "last changed", "last modified", "modified", "delta ts",
    "sys updated on", "sys updated at", "change date time", "timestamp", "time timestamp", "event time", "aktualisiert",
    "geandert", "mise a jour", "actualizada", "actualizado",
)  # fmt: skip
# Columns that only lists of changes and of deployments have, and those that lists of deployments share with others.
MERGED = {
    *("merged", "merged at", "merged on", "merge date", "pull request", "pull request id", "pull request number", "pr"),
    *("pr id", "pr number", "merge request", "merge request id", "mr", "mr id", "mr iid", "lines changed", "changed lines"),
}
DEPLOYED = {"deployment", "deployment id", "deployed at", "deployed by", "deploy id", "deploy time", "deploy date"}
RELEASED = {"commit", "commit sha", "commit id", "git sha", "sha", "tag", "ref", "release", "environment", "env"}
# Fields whose columns say that a row is a defect or an incident.
TELLING = ("severity", "priority", "resolution", "resolved_at", "restored_at", "stage_found", "status_category")
# Kinds of records that a file can describe with a row for each change of one.
LOGGED = ("defects", "incidents")
# The suggested meaning of an unknown word, which the person can change.
FALLBACKS = {
    "severity": "SEV3",
    "resolution": "declined",
    "stage": UNKNOWN,
    "issue type": LEAVE_OUT,
    "role": "trainee",
    "visibility": "members",
    "deployment environment": LEAVE_OUT,
    "deployment result": LEAVE_OUT,
}
# Lists that grant something, so a similar word is never taken for a known one.
EXACT = ("role", "visibility")
# What an open row's unknown status counts as. It has no key, so the reader infers it from the rest of the row.
OPEN = {"defect status": "in_progress", "incident status": "active"}
# Fields that can be recognised by values alone, in this order, with the share of values that must be known.
BY_VALUES = {
    "defects": {"severity": 0.8, "status": 0.7, "resolution": 0.8, "priority": 0.8, "issue_type": 0.6, "stage_found": 0.8},
    "incidents": {"severity": 0.8, "status": 0.7, "kind": 0.8},
}
HINTS = {
    "incidents": (
        "incident",
        "outage",
        "downtime",
        "restored",
        "acknowledged",
        "impact start",
        "sr number",
        "storung",
        "ausfall",
    ),
    "defects": ("bug", "defect", "fehler", "defecto", "anomalie", "phase"),
}
NEGATIONS = frozenset({"not", "no", "non", "never", "nicht", "kein", "keine", "pas", "sin", "un", "re"})


@dataclass(frozen=True, slots=True)
class Match:
    """The columns for one field, and why. `sure` False: a person should review it."""

    field: str
    titles: tuple[str, ...]
    why: str
    samples: tuple[str, ...] = ()
    filled: int = 0
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the file, how often it occurs, and its key here. `known` False: the key is only a suggestion."""

    word: str
    count: int
    key: str
    why: str
    known: bool = True


@dataclass(frozen=True)
class Guess:
    plan: Plan
    why: str
    matches: dict[str, Match]
    words: dict[str, list[Word]]
    missing: list[Field]
    order_why: str = ""
    needs_order: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def unmapped(self) -> dict[str, list[Word]]:
        """Unknown words by field, with their suggested keys."""
        found = {name: [word for word in words if not word.known] for name, words in self.words.items()}
        return {name: words for name, words in found.items() if words}

    @property
    def accepted(self) -> Plan:
        """The plan with the suggested key for every unknown word."""
        added = {name: {word.word: word.key for word in words} for name, words in self.unmapped.items()}
        return replace(
            self.plan, words={**self.plan.words, **{n: {**self.plan.words.get(n, {}), **w} for n, w in added.items()}}
        )


def guess(survey: Survey, *, kind: str = "", tool: str = "", zone: str = "UTC", own: Own | None = None) -> Guess:
    """Guesses the plan. `kind` and `tool`: set if a person has chosen them. `own`: names that the portal has."""
    preset, why = _preset(survey, kind, tool)
    found = _columns(survey, preset)
    notes = []
    if late := _late_date(survey, preset, found):
        found[late.field] = late
        if not _repeats(survey, found):
            notes.append(
                f"The file has no creation date. “{late.titles[0]}”, the last change, is suggested instead, but is later."
            )
    if "title" in preset.fields and "title" not in found and "external_id" in found:
        same = found["external_id"]
        found["title"] = replace(same, field="title", why="no column has titles, so the ID is used", sure=False)
    if preset.kind == "deployments" and "external_id" not in found:
        found |= _named_together(survey, found)
    # A tracker's export has one row per issue, so a repeated id is an error there.
    folds = preset.kind in LOGGED and (preset.folds or not preset.marks) and _repeats(survey, found)
    if folds:
        notes.append(
            f"“{found['external_id'].titles[0]}” repeats: the rows of one ID become one record, with its last state."
        )
        notes += _end_of_log(preset, found)
    plan = Plan(preset.kind, preset.name, columns={name: match.titles for name, match in found.items()}, zone=zone)
    order = day_order(survey, plan)
    said = words(survey, plan, own)
    decided = _decided(plan, said)
    if folds:  # every log has a last row with a time, so an unknown status must not count as an end
        open_status = OPEN[plan.fields["status"].words]
        unknown = {word.word: open_status for word in said.get("status", ()) if not word.known}
        decided |= {"status": decided.get("status", {}) | unknown} if unknown else {}
    plan = replace(plan, day_first=order.day_first, words=decided, folds=folds)
    return Guess(
        plan=plan,
        why=why,
        matches=found,
        words=said,
        missing=[each for name, each in plan.fields.items() if each.required and name not in found],
        order_why=order.why,
        needs_order=order.is_open,
        notes=[*notes, *_unsuited(survey, preset, found), *_unreadable(survey, plan), *_doubled(survey, plan)],
    )


def lists(survey: Survey, kind: str) -> bool:
    """Whether the rows are changes, or deployments: columns that only they have, and none of defects or incidents."""
    there = {plain(title) for title in survey.header}
    ours = {plain(name) for preset in PRESETS.values() for field in TELLING for name in preset.columns.get(field, ())}
    if there & (ours - DEPLOYED - RELEASED - MERGED):
        return False
    if kind == "deployments":
        return bool(there & DEPLOYED or len(there & RELEASED) > 1)
    hinted = any(hint in title for title in there for hints in HINTS.values() for hint in hints)
    return bool(there & MERGED) and not hinted and not there & DEPLOYED


def _named_together(survey: Survey, found: Mapping[str, Match]) -> dict[str, Match]:
    """An ID for deployments that have none: the version, and if versions repeat, what tells them apart."""
    if "release" not in found:
        return {}
    titles = found["release"].titles
    if any(column.first_repeats for column in survey.columns if column.title in titles):
        more = [found[name] for name in ("service", "environment", "finished_at") if name in found]
        titles = (*titles, *(title for match in more for title in match.titles))
    why = "no column has IDs, so these name a deployment together" if len(titles) > 1 else "no column has IDs"
    return {"external_id": replace(found["release"], field="external_id", titles=titles, why=why, sure=False)}


# --- Which tool? --------------------------------------------------------------------------------------------------------


def _preset(survey: Survey, kind: str, tool: str) -> tuple[Preset, str]:
    if f"{kind}/{tool}" in PRESETS:
        return PRESETS[f"{kind}/{tool}"], ""
    presets = [each for each in PRESETS.values() if kind in ("", each.kind) and tool in ("", each.name)]
    tools = [each for each in presets if each.marks and _is_export(survey, each)]
    if tools:
        best = max(tools, key=lambda each: each.score(survey.header))
        marks = [title for title in survey.header if plain(title) in {plain(mark) for mark in best.marks}]
        return best, f"{best.label}: the columns {', '.join(f'“{title}”' for title in marks[:3])} are known."
    own = [each for each in presets if each.name == SPREADSHEET] or presets or [PRESETS[f"defects/{SPREADSHEET}"]]
    return max(own, key=lambda each: _kind_score(survey, each)), "No known tool, so it is read as your own spreadsheet."


def _is_export(survey: Survey, preset: Preset) -> bool:
    """Whether the file has a column that only this tool has, and most required fields."""
    there = {plain(title) for title in survey.header}
    named = preset.named_in(survey.header)
    needed = [name for name, each in preset.fields.items() if each.required]
    enough = len([name for name in needed if name in named or name in preset.constants or name in preset.fills])
    return any(plain(mark) in there for mark in preset.marks) and enough >= len(needed) - 1 and len(named) >= 3


def _kind_score(survey: Survey, preset: Preset) -> float:
    header = " ".join(plain(title) for title in survey.header)
    required = sum(each.required for each in preset.fields.values())
    found = _columns(survey, preset)
    missing = required - sum(preset.fields[name].required for name in found)
    hints = sum(hint in header for hint in HINTS.get(preset.kind, ()))
    # People and teams have few fields, so they are chosen only if nothing else fits.
    bonus = {"people": 2.5, "teams": 0.5}.get(preset.kind, 0.0)
    if preset.kind in ("changes", "deployments"):
        return 100.0 - missing if lists(survey, preset.kind) else -200.0
    if missing:
        bonus = -3.0 * missing if preset.kind in FOUND else -100.0
    return sum(match.sure for match in found.values()) + 2 * hints + bonus + _known_statuses(survey, preset, found)


def _known_statuses(survey: Survey, preset: Preset, found: Mapping[str, Match]) -> float:
    """The share of the file's statuses that this kind of record knows."""
    titles = found["status"].titles if "status" in found else ()
    for column in survey.columns:
        if column.title in titles and column.words:
            list_name = preset.fields["status"].words
            return sum(count for word, count in column.words.items() if meaning(list_name, word)) / column.filled
    return 0.0


# --- Which column? ------------------------------------------------------------------------------------------------------


def _columns(survey: Survey, preset: Preset) -> dict[str, Match]:
    by_title: dict[str, list[Column]] = {}
    for column in survey.columns:
        by_title.setdefault(plain(column.title), []).append(column)
    found: dict[str, Match] = {}
    used: set[str] = set()

    def take(name: str, titles: Sequence[str], why: str, *, sure: bool = True) -> None:
        columns = [column for title in titles for column in by_title[plain(title)]]
        samples = [text for column in columns for text in column.samples][:3]
        found[name] = Match(name, tuple(titles), why, tuple(samples), max((c.filled for c in columns), default=0), sure)
        used.update(plain(title) for title in titles)

    for name, names in preset.columns.items():
        for known in names:
            columns = by_title.get(plain(known), [])
            # A title that fits several fields goes to the first of them; a tool's own column may fill two.
            if columns and (preset.name != SPREADSHEET or plain(known) not in used) and _suits(preset.fields[name], columns):
                take(name, [columns[0].title], "the name is known")
                break
    if preset.exact:
        return found
    for name, known_field in preset.fields.items():
        if name not in found and not (preset.marks and not known_field.required):
            free = [column for column in survey.columns if plain(column.title) not in used]
            if similar := _by_similar_name(known_field, free):
                take(name, [similar[0].title], f"the name contains “{similar[1]}”", sure=False)
    for name, title, why in _by_values(survey, preset, found, used):
        take(name, [title], why, sure=False)
    return found


def _suits(known: Field, columns: list[Column]) -> bool:
    """Whether the values fit the field: a time needs mostly dates, a word field few distinct values, a team any at all."""
    filled = sum(column.filled for column in columns)
    if known.type is Type.TEAM:
        return filled > 0
    if known.type is Type.TIME and filled:
        return sum(column.dates for column in columns) * 2 >= filled
    if known.words and known.words != "yes or no" and filled:
        return any(column.words is not None for column in columns)
    return True


def _by_similar_name(known: Field, free: list[Column]) -> tuple[Column, str] | None:
    """(column, name) for a title that contains a name of the field; the longest name wins."""
    found = [
        (len(name), column, name)
        for column in free
        for name in known.names
        if len(name) > 3 and f" {name} " in f" {plain(column.title)} " and column.filled and _suits(known, [column])
    ]
    best = max(found, key=lambda each: each[0], default=None)
    return (best[1], best[2]) if best else None


def _by_values(survey: Survey, preset: Preset, found: Mapping[str, Match], used: set[str]) -> Iterable[tuple[str, str, str]]:
    free = [column for column in survey.columns if plain(column.title) not in used and column.filled]
    when = FOUND.get(preset.kind, "")
    if when and when not in found:
        dates = [column for column in free if column.dated >= 0.9 and plain(column.title) not in CHANGED]
        if dates:
            best = max(dates, key=lambda column: (column.filled, -column.place))
            free.remove(best)
            yield (
                when,
                best.title,
                f"all {best.filled:,} values are dates" if best.dated == 1 else "nearly all values are dates",
            )
    if preset.marks:
        return
    for name, least in BY_VALUES.get(preset.kind, {}).items():
        if name not in found and (best_column := _of_words(free, preset.fields[name].words, least)):
            free.remove(best_column)
            shown = ", ".join(list(best_column.words or ())[:4])
            yield name, best_column.title, f"values such as {shown} look like {preset.fields[name].label.lower()}"
    if "external_id" in preset.fields and "external_id" not in found:
        ids = [c for c in free if c.is_unique and c.filled == survey.rows and c.length <= 30 * c.filled and not c.dates]
        if ids:
            free.remove(ids[0])
            yield "external_id", ids[0].title, "every row has a different value"
    if "title" in preset.fields and "title" not in found:
        texts = [
            c for c in free if c.length > 12 * c.filled and c.dated < 0.5 and c.filled * 2 > survey.rows and not c.is_wordy
        ]
        if texts:
            best = max(texts, key=lambda column: -abs(column.length / column.filled - 60))
            yield "title", best.title, "its texts are as long as titles"


def _of_words(free: list[Column], words: str, least: float) -> Column | None:
    scored = []
    for column in free:
        if column.words and len(column.words) <= 20:
            known = sum(count for word, count in column.words.items() if _is_telling(words, word))
            if known >= least * column.filled:
                scored.append((known / column.filled, -column.place, column))
    return max(scored, default=(0, 0, None), key=lambda each: each[:2])[2]


def _is_telling(words: str, text: str) -> bool:
    """Whether a known word tells what a column is. Bare numbers, yes and no don't."""
    return not text.isdigit() and plain(text) not in ("none", "yes", "no", "other", "unknown") and bool(meaning(words, text))


def _late_date(survey: Survey, preset: Preset, found: Mapping[str, Match]) -> Match | None:
    when = FOUND.get(preset.kind, "")
    if not when or when in found:
        return None
    for column in survey.columns:
        if plain(column.title) in CHANGED and column.dated > 0.5:
            why = "the date of the last change, since the file has no better one"
            return Match(when, (column.title,), why, tuple(column.samples), column.filled, sure=False)
    return None


def _repeats(survey: Survey, found: Mapping[str, Match]) -> bool:
    """Whether the file is a log: more than a third of its first rows, if over ten, repeat an earlier id."""
    ids = [column for column in survey.columns if "external_id" in found and column.title == found["external_id"].titles[0]]
    return bool(ids) and ids[0].first_repeats * 3 > ids[0].first_filled > 10


def _end_of_log(preset: Preset, found: dict[str, Match]) -> list[str]:
    """Uses a log's only time column twice: the first row gives the start, the last one the end if it is closed."""
    when, end = FOUND.get(preset.kind, ""), "closed_at"
    if when not in found or {"ended_at", "restored_at", end} & found.keys() or preset.marks:
        return []
    found[when] = replace(found[when], why="the time of the first row of each ID")
    found[end] = replace(found[when], field=end, why="the time of the last row of each ID, if it is closed", sure=False)
    return [f"The first and last “{found[when].titles[0]}” of an ID are used as its start and end."]


def matches(survey: Survey, plan: Plan) -> dict[str, Match]:
    """The plan's columns with reasons and samples, for the page after a person changed them."""
    guessed = _columns(survey, plan.preset)
    found = {}
    for name, titles in plan.columns.items():
        columns = [column for column in survey.columns if plain(column.title) in {plain(title) for title in titles}]
        samples = tuple(text for column in columns for text in column.samples)[:3]
        same = name in guessed and guessed[name].titles == tuple(titles)
        why = guessed[name].why if same else "chosen by you"
        found[name] = Match(name, tuple(titles), why, samples, max((column.filled for column in columns), default=0))
    return found


def _unsuited(survey: Survey, preset: Preset, found: Mapping[str, Match]) -> Iterable[str]:
    """Notes on columns that have a field's name but not its kind of values."""
    taken = {title for match in found.values() for title in match.titles}
    for name, known in preset.fields.items():
        names = {plain(each) for each in preset.columns.get(name, ())}
        for column in survey.columns:
            if name in found or column.title in taken or plain(column.title) not in names or not column.filled:
                continue
            if known.type is Type.TIME and not column.dates:
                sample = column.samples[0] if column.samples else ""
                yield f"“{column.title}” is not used for {known.label}: “{sample}” and other values are not dates."
                break
            if known.words and column.words is None:
                yield f"“{column.title}” is not used for {known.label}: it has too many different values."
                break


def _unreadable(survey: Survey, plan: Plan) -> Iterable[str]:
    """Notes on time columns in which some values are not dates."""
    times = {title for name, titles in plan.columns.items() if plan.fields[name].type is Type.TIME for title in titles}
    for column in survey.columns:
        if column.title in times and (odd := column.filled - column.dates):
            yield f"{odd:,} of {column.filled:,} values in “{column.title}” are not dates."


def _doubled(survey: Survey, plan: Plan) -> list[str]:
    counts = Counter(plain(title) for title in survey.header)
    used = {plain(title): name for name, titles in plan.columns.items() for title in titles}
    return [
        f"“{next(title for title in survey.header if plain(title) == name)}” occurs {count} times: the filled one is used."
        for name, count in counts.items()
        if count > 1 and name in used and not plan.fields[used[name]].many
    ]


# --- What do the words mean? --------------------------------------------------------------------------------------------


def words(survey: Survey, plan: Plan, own: Own | None = None) -> dict[str, list[Word]]:
    """The words in the file for each mapped field that has a word list, most frequent first."""
    said: dict[str, list[Word]] = {}
    for name, titles in plan.columns.items():
        known = plan.fields.get(name)
        if known is None or not (known.words or known.type is Type.TEAM) or plan.preset.exact:
            continue
        counts: Counter[str] = Counter()
        for column in survey.columns:
            if plain(column.title) in {plain(title) for title in titles} and column.words is not None:
                counts.update(column.words)
        if counts:
            said[name] = [
                _said(plan, _word(plan, known, text, count, own or {}), known) for text, count in counts.most_common()
            ]
    return said


def _said(plan: Plan, guessed: Word, known: Field) -> Word:
    """A guess that the plan only repeats keeps its reason."""
    key = _meant(plan.words, known, guessed.word)
    if key is None or (guessed.known and guessed.key == key):
        return guessed
    return replace(guessed, key=key, why="chosen by you", known=True)


def _meant(table: Mapping[str, Mapping[str, str]], known: Field, text: str) -> str | None:
    return next((key for word, key in table.get(known.key, {}).items() if plain(word) == plain(text)), None)


def _word(plan: Plan, known: Field, text: str, count: int, own: Own) -> Word:
    word, lists = plain(text), known.words or "team"
    if (key := _meant(plan.preset.words, known, text)) is not None:
        return Word(text, count, key, "the tool's own meaning")
    ours = {plain(each): key for each, key in own.get(lists, {}).items()}
    if word in ours:
        return Word(text, count, ours[word], "has this name in the portal")
    if known.type is Type.TEAM:
        return Word(text, count, "", "no team has this name", known=False)
    key = meaning(known.words, text)
    if plan.all_types or plan.preset.all_types:
        key = DEFECT if known.words == "issue type" else WANTED.get(known.words, key) if key == LEAVE_OUT else key
    if key is not None:
        return Word(text, count, key, "the word is known")
    if known.words == "issue type":
        return Word(text, count, LEAVE_OUT, "not a defect")
    if known.words not in EXACT and (found := near(known.words, text)):
        return Word(text, count, found[0], f"looks like “{found[1]}”")
    if known.words in OPEN:
        why = f"unknown: {_named(known.words, OPEN[known.words])} until a row has an end or a resolution"
        return Word(text, count, "", why, known=False)
    key = FALLBACKS.get(known.words, "")
    return Word(text, count, key, f"unknown: suggested as {_named(known.words, key)}", known=False)


def near(words: str, text: str) -> tuple[str, str] | None:
    """(key, known word) for a text that contains a known word or nearly equals one; None if neither."""
    tokens = plain(text).split()
    if not tokens or NEGATIONS & {*tokens}:
        return None
    known, spaced = VOCABULARY[words], f" {' '.join(tokens)} "
    inside = [word for word in known if len(word) > 2 and f" {word} " in spaced]
    if inside:
        best = max(inside, key=len)
        return known[best], best
    close = difflib.get_close_matches(" ".join(tokens), [word for word in known if len(word) > 4], n=1, cutoff=0.86)
    return (known[close[0]], close[0]) if close else None


def _named(words: str, key: str) -> str:
    special = {"": "empty", UNKNOWN: "unknown", LEAVE_OUT: "left out"}
    return special.get(key) or KEYS.get(words, {}).get(key, key).lower().replace("sev", "SEV")


def _decided(plan: Plan, said: Mapping[str, list[Word]]) -> dict[str, dict[str, str]]:
    """Guessed words to store in the plan, because the reader would not know them by itself."""
    decided: dict[str, dict[str, str]] = {}
    for name, found in said.items():
        telling = {
            each.word: each.key for each in found if each.known and each.why.startswith(("looks like", "has this name"))
        }
        if telling:
            decided[name] = telling
    return decided


# --- Which comes first, the day or the month? ---------------------------------------------------------------------------


def day_order(survey: Survey, plan: Plan) -> DayOrder:
    order = DayOrder()
    used = {plain(title) for name, titles in plan.columns.items() if plan.fields[name].type is Type.TIME for title in titles}
    for column in survey.columns:
        if plain(column.title) in used:
            order.join(column.order)
    return order
