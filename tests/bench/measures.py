"""The rows of the table: each is measured as the documentation says, and compared with what it must and should reach."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

from tests.bench.client import Target, answers_a_second, download, sample_in_turn
from tests.bench.stack import (
    ROOT,
    TEN,
    THOUSAND,
    BenchError,
    Stack,
    Web,
    free_port,
    plain_environment,
    probe,
    say,
    stop,
    throwaway_folder,
    wait_for,
)

ROUNDS = 300
LARGE = 17  # takes minutes and tens of gigabytes: only when asked for
MB = 1024 * 1024
MILLION = 18  # takes minutes: only when asked for
IMPORTED = 20_000
CLOSED = 100_000


@dataclass
class Line:
    """One line of the table. `ratio` is what `must` and `aim` bound from above; the rest is for people to read."""

    number: int
    measure: str
    floor: str
    measured: str
    ratio: float
    must: float
    aim: float
    unit: str = "x"
    promised: bool = False
    """Not reached yet, as the documentation says: shown, and no reason to fail."""

    @property
    def ok(self) -> bool:
        return self.promised or self.ratio <= self.must

    def cells(self) -> list[str]:
        ratio, must, aim = (self._bound(value) for value in (self.ratio, self.must, self.aim))
        verdict = "aim" if self.ratio <= self.aim else "ok"
        if self.ratio > self.must:
            verdict = "not yet" if self.promised else "missed"
        return [str(self.number), self.measure, self.floor, self.measured, ratio, f"<= {must}", f"<= {aim}", verdict]

    def _bound(self, value: float) -> str:
        if self.unit == "x":
            return f"{value:.2f}".rstrip("0").rstrip(".") + "x"
        text = f"{value:.0f}" if value == int(value) else f"{value:.1f}"
        return f"{text} {self.unit}".strip()


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


# --- Rows 1, 2 and 4: pages and lists, against the floor ------------------------------------------------------------------


WHAT = {
    "overview": "overview of 100 teams",
    "incidents": "list of 50 incidents",
    "defects": "list of 50 defects",
    "board": "board of defects",
    "API defects": "API defects, 100 rows",
    "API incidents": "API incidents, 100 rows",
}


def pages(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """All targets are asked in turn, so that every one meets the same machine."""
    portal, floor = stack.portal(), stack.floor()
    known, team = visitor(stack), probe("busiest_team", portal.environment)
    # The floor compresses nothing; pages go out as browsers ask for them, API answers as most programs do.
    page = {"Cookie": known["cookie"]}
    api = {"Authorization": f"Bearer {known['token']}", "Accept-Encoding": "identity"}
    targets = {
        "view": Target(floor, "/", {"Cookie": floor.cookie}),
        "items": Target(floor, "/items/", {"Cookie": floor.cookie}),
        "api items": Target(floor, "/api/items/", {"Cookie": floor.cookie}),
        "overview": Target(portal, "/", page),
        "incidents": Target(portal, "/incidents/", page),
        "defects": Target(portal, "/defects/", page),
        "board": Target(portal, "/defects/board/", page),
        "team page": Target(portal, f"/t/{team}/", page),
        "defect form": Target(portal, "/defects/new/", page),
        "API defects": Target(portal, "/api/v1/defects/?page_size=100", api),
        "API incidents": Target(portal, "/api/v1/incidents/?page_size=100", api),
    }
    say(f"asking {len(targets)} addresses {ROUNDS} times each, in turn")
    sample_in_turn(targets, ROUNDS)
    asked = [target.path for target in targets.values() if target.web is portal]
    counts = probe("queries", portal.environment, *asked)
    view, bare, api_floor = (targets[name] for name in ("view", "items", "api items"))
    say(f"a bare list of 50 in a template: {bare.percentile(95) / view.percentile(95):.1f}x at p95, without any shell")
    for name, number, percent, against, most_queries, must, aim in (
        ("overview", 1, 95, view, 10, 12, 6),
        ("incidents", 2, 95, view, 8, 8, 4),
        ("defects", 2, 95, view, 8, 8, 4),
        ("board", 2, 95, view, 8, 8, 4),
        ("team page", 2, 95, view, None, 8, 4),
        ("defect form", 2, 95, view, None, 8, 4),
        ("API defects", 4, 50, api_floor, 5, 2, 1.3),
        ("API incidents", 4, 50, api_floor, 5, 2, 1.3),
    ):
        if number not in numbers:
            continue
        target = targets[name]
        what = WHAT.get(name, name)
        took, least = target.percentile(percent), against.percentile(percent)
        yield Line(number, f"{what}, p{percent}", milliseconds(least), milliseconds(took), took / least, must, aim)
        if most_queries:
            statements = counts[target.path]
            yield Line(number, f"{what}, queries", "", str(statements), statements, most_queries, most_queries, "")


def visitor(stack: Stack, web: Web | None = None) -> dict[str, str]:
    """A session and a token of somebody who sees every row; the same for all rows of the table."""
    web = web or stack.portal()
    if web.name not in stack.visitors:
        stack.visitors[web.name] = probe("credentials", web.environment)
    return stack.visitors[web.name]


# --- Row 3: reporting a defect over the API -------------------------------------------------------------------------------


def creations(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """With a token, the permission, the rules, a reference and the history; against a plain DRF create with a token."""
    portal, floor = stack.portal(), stack.floor()
    known = visitor(stack)
    item = {"name": "The total is wrong", "state": "open", "kind": "ordinary", "place": "cart", "amount": 3}
    defect = {"title": "The total is wrong", "team": known["team"], "severity": "SEV3", "stage_found": "ci"}
    body = json.dumps(defect)
    targets = {
        "floor": Target(
            *(floor, "/api/items/new/", {"Authorization": f"Token {floor.token}"}),
            json.dumps(item | {"found_at": "2026-03-02T12:00:00Z"}),
        ),
        "portal": Target(portal, "/api/v1/defects/", {"Authorization": f"Bearer {known['writer']}"}, body),
    }
    say(f"reporting {ROUNDS} defects, in turn with the floor")
    sample_in_turn(targets, ROUNDS)
    for percent in (50, 95):
        least, took = (target.percentile(percent) for target in targets.values())
        yield Line(3, f"API report, p{percent}", milliseconds(least), milliseconds(took), took / least, 3, 2)
    statements = probe("queries_of_a_report", portal.environment, body)
    yield Line(3, "API report, queries", "", str(statements), statements, 12, 10, "")
    say("four programs report as fast as they can")
    most, ours = (answers_a_second(target, 4, 5) for target in targets.values())
    yield Line(3, "API reports, four at once", f"{most:.0f}/s", f"{ours:.0f}/s", most / ours, 1 / 0.35, 2)


# --- Rows 5 and 6: the page of a metric ------------------------------------------------------------------------------------


def metric_pages(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """Of the team with most rows: its incidents as they were at night, and its defects after one was edited."""
    portal, floor = stack.portal(), stack.floor()
    page = {"Cookie": visitor(stack)["cookie"]}
    team = probe("busiest_team", portal.environment)
    probe("edit_defect", portal.environment, team)
    targets = {
        "view": Target(floor, "/", {"Cookie": floor.cookie}),
        "kept": Target(portal, f"/t/{team}/mttr/?window=365", page),
        "edited": Target(portal, f"/t/{team}/escaped_defect_rate/?window=365", page),
    }
    say(f"asking {len(targets)} addresses {ROUNDS} times each, in turn")
    sample_in_turn(targets, ROUNDS)
    least = targets["view"].percentile(95)
    for number, name, what in ((5, "kept", "metric page, p95"), (6, "edited", "metric page after an edit, p95")):
        if number in numbers:
            took = targets[name].percentile(95)
            yield Line(number, what, milliseconds(least), milliseconds(took), took / least, 8, 6)


# --- Row 19: the page of an incident ---------------------------------------------------------------------------------------


def incident_page(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """Of an open incident with a long timeline."""
    portal, floor = stack.portal(), stack.floor()
    address = probe("long_timeline", portal.environment, "500")
    targets = {
        "view": Target(floor, "/", {"Cookie": floor.cookie}),
        "incident": Target(portal, address, {"Cookie": visitor(stack)["cookie"]}),
    }
    say(f"asking an incident with 500 entries {ROUNDS} times, in turn with the floor")
    sample_in_turn(targets, ROUNDS)
    least, took = (target.percentile(95) for target in targets.values())
    yield Line(19, "incident page, 500 entries, p95", milliseconds(least), milliseconds(took), took / least, 8, 6)


# --- Row 7: the nightly recompute ------------------------------------------------------------------------------------------


def recompute(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    database = stack.seeded("thousand", *THOUSAND)
    say("taking snapshots of 5 nights, and plain SQL of the same")
    found = probe("seconds_of_recompute", stack.environment(database), "5")
    if found["differences"]:
        raise BenchError(f"The plain SQL and the snapshots differ in {found['differences']} figures: one measures wrongly.")
    raw, ours = found["raw"], found["snapshots"]
    name = "nightly recompute, 1M defects"
    yield Line(7, name, milliseconds(raw), milliseconds(ours), ours / raw, 3, 1.5)


# --- Row 10: a file of records ---------------------------------------------------------------------------------------------


def imports(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """The ratio of the rates: what the importer takes, divided by what COPY takes for the same rows."""
    database = stack.seeded("files", *TEN)
    say(f"importing {IMPORTED:,} rows three times, and copying them")
    took = probe("seconds_of_import", stack.environment(database), str(IMPORTED), "3")
    rates = {name: f"{IMPORTED / seconds:,.0f} rows/s" for name, seconds in took.items()}
    name = "CSV import with validation and history"
    yield Line(10, name, rates["copy"], rates["import"], took["import"] / took["copy"], 4, 2)


# --- Row 20: a bug bankruptcy ----------------------------------------------------------------------------------------------


def bankruptcy(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """The ratio of the rates: what `bulk_update` closes, divided by what the bankruptcy closes, with all that it keeps."""
    database = stack.seeded("files", *TEN)
    say(f"closing {CLOSED:,} defects, and updating as many")
    took = probe("seconds_of_bankruptcy", stack.environment(database), str(CLOSED))
    rates = {name: f"{CLOSED / seconds:,.0f} rows/s" for name, seconds in took.items()}
    ratio = took["bankruptcy"] / took["bulk_update"]
    yield Line(20, "bug bankruptcy beside bulk_update", rates["bulk_update"], rates["bankruptcy"], ratio, 2, 1)


# --- Row 11: a long file --------------------------------------------------------------------------------------------------


def memory_of_an_import(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """What the process that imports grows by, from before it opens the file to its peak. The must is for a million rows."""
    database = stack.seeded("files", *TEN)
    for number, rows in ((11, 200_000), (MILLION, 1_000_000)):
        if number in numbers:
            say(f"importing {rows:,} rows")
            grown = probe("memory_of_import", stack.environment(database), str(rows))
            yield Line(11, f"memory growth of an import of {rows:,} rows", "", f"{grown:.1f} MB", grown, 64, 32, "MB")


# --- Row 12: what goes over the wire ---------------------------------------------------------------------------------------


def weight(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    portal = stack.portal()
    headers = {"Cookie": visitor(stack)["cookie"]}
    response = Target(portal, "/", headers).ask()
    sent = len(response.body)
    html = gzip.decompress(response.body) if response.getheader("Content-Encoding") == "gzip" else response.body
    yield Line(12, "overview HTML, uncompressed", "", f"{len(html) / 1000:.1f} kB", len(html) / 1000, 60, 40, "kB")
    files = first_files(portal, "/", html.decode())
    total = (sent + sum(files.values())) / 1000
    yield Line(12, f"first load over the wire, {1 + len(files)} files", "", f"{total:.1f} kB", total, 150, 90, "kB")


def first_files(web: Web, page: str, html: str) -> dict[str, int]:
    """Every file that a browser fetches for the page, with its size as sent: links and scripts, and what these import."""
    links = re.findall(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"', html)
    found: dict[str, int] = {}
    waiting = [urljoin(page, link) for link in links]
    while waiting:
        path = waiting.pop()
        if path in found or not path.startswith("/"):
            continue
        response = Target(web, path, {"Accept-Encoding": "br, gzip"}).ask()
        found[path] = len(response.body)
        if path.endswith(".js") and (text := file_text(web, path)):
            imported = re.findall(r"""(?:\bfrom|\bimport)\s*["'](\.[^"']+)["']""", text)
            waiting += [urljoin(path, name) for name in imported]
    return found


def file_text(web: Web, path: str) -> str:
    response = Target(web, path, {"Accept-Encoding": "identity"}).ask()
    text: str = response.body.decode(errors="replace")
    return text


# --- Row 13: memory --------------------------------------------------------------------------------------------------------


def memory(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """New workers, so that the figure doesn't depend on which rows were asked for before this one."""
    headers = {"Cookie": visitor(stack)["cookie"]}
    say("1,000 requests each for the memory of a worker")
    with stack.floor().again() as floor:
        least = after_a_thousand(floor, ("/", "/items/", "/api/items/"), {"Cookie": floor.cookie})
    with stack.portal().again() as portal:
        ours = after_a_thousand(portal, ("/", "/incidents/", "/defects/", "/api/v1/defects/?page_size=100"), headers)
    name = "worker memory after 1,000 requests"
    yield Line(13, name, f"{least / MB:.1f} MB", f"{ours / MB:.1f} MB", ours / least, 1.5, 1.2)


def after_a_thousand(web: Web, paths: Sequence[str], headers: dict[str, str]) -> int:
    """Memory in bytes of the larger worker, after a thousand requests spread over these pages."""
    targets = [Target(web, path, headers) for path in paths]
    for number in range(1000):
        targets[number % len(targets)].ask()
    return max(resident(pid) for pid in web.workers())


def resident(pid: int) -> int:
    """What `ps` calls RSS, in bytes."""
    return _bytes(f"/proc/{pid}/smaps_rollup", "Rss")


def peak(pid: int) -> int:
    """The most that it was, in bytes."""
    return _bytes(f"/proc/{pid}/status", "VmHWM")


def _bytes(file: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(file).read_text(), re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])


# --- Row 14: starting ------------------------------------------------------------------------------------------------------


def starts(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """`make run` of an installed clone: a new data folder first, then the same folder again."""
    with throwaway_folder() as folder:
        say("first start of a new portal")
        first = seconds_to_answer(folder)
        warm = min(seconds_to_answer(folder) for _ in range(3))
    yield Line(14, "warm start to the first 200", "", f"{warm:.1f} s", warm, 3, 2, "s")
    yield Line(14, "first start with initdb and migrations", "", f"{first:.1f} s", first, 10, 6, "s")


def seconds_to_answer(folder: Path) -> float:
    port = free_port()
    environment = plain_environment() | {"QMPORTAL_DATA_DIR": str(folder / "data"), "PORT": str(port)}
    log = folder / "start.log"
    began = time.monotonic()
    with log.open("wb") as output:
        command = [sys.executable, "-m", "qmportal.launcher", "run"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        wait_for(port, "/readyz", process, log)  # the web process may answer before the tables are there
        return wait_for(port, "/account/login/", process, log) - began
    finally:
        stop(process)


# --- Row 15: the number of queries does not grow ---------------------------------------------------------------------------


def equal_queries(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    few, many = stack.seeded("ten", *TEN, weeks=2), stack.seeded("thousand", *THOUSAND, weeks=2)
    say("counting the queries of every page with 10 and with 1,000 rows")
    small = probe("queries_of_every_page", stack.environment(few), "10")
    large = probe("queries_of_every_page", stack.environment(many), "1000")
    grown = [f"{name} {small[name]} -> {large[name]}" for name in small if small[name] != large[name]]
    most = max(large, key=lambda name: large[name])
    say(f"the page with most queries is {most}: {large[most]}")
    measured = ", ".join(grown) or "all equal"
    name = f"{len(small)} pages whose queries differ, 10 and 1,000 rows"
    yield Line(15, name, "", measured, len(grown), 0, 0, "")


# --- Rows 16 and 17: lists of very many rows -------------------------------------------------------------------------------

DEFECT_ORDERS = ("title", "severity", "status", "stage", "team", "found")
INCIDENT_ORDERS = ("title", "severity", "status", "team", "restore", "detected")
LISTS = {
    "orders of defects": [
        "/defects/",
        *(f"/defects/?sort={sign}{order}" for order in DEFECT_ORDERS for sign in ("", "-")),
        "/defects/?page=200",
    ],
    "orders of incidents": [
        "/incidents/",
        *(f"/incidents/?sort={sign}{order}" for order in INCIDENT_ORDERS for sign in ("", "-")),
        "/incidents/?page=200",
    ],
    "filters": [
        "/defects/?status=open",
        "/defects/?status=open&severity=SEV1",
        "/defects/?severity=SEV1&sort=team",
        "/defects/?stage=production&sort=severity",
        "/defects/?found_by=customer",
        "/defects/?stage=none",
        "/defects/?status=to_triage",
        "/incidents/?status=open",
        "/incidents/?severity=SEV1&sort=-restore",
        "/incidents/?kind=exercise",
    ],
    "searches": [
        "/defects/?q=payment",
        "/defects/?q=payment&severity=SEV1",
        "/defects/?q=payment&sort=severity",
        "/defects/?q=nowhere",
        "/incidents/?q=checkout",
        "/incidents/?q=checkout&status=open",
        "/search/?q=payment",
    ],
}


def long_lists(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """Of each kind the slowest address, each asked in turn with all others."""
    if 16 in numbers:
        yield from _long_lists(stack, 16, stack.seeded("thousand", *THOUSAND), "1M")
    if LARGE in numbers:
        database = stack.multiplied("ten_thousand", stack.seeded("thousand", *THOUSAND), 10)
        yield from _long_lists(stack, LARGE, database, "10M")


def _long_lists(stack: Stack, number: int, database: str, amount: str) -> Iterator[Line]:
    with stack.portal_over(database) as portal:
        page = {"Cookie": visitor(stack, portal)["cookie"]}
        kinds = {kind: {path: Target(portal, path, page) for path in paths} for kind, paths in LISTS.items()}
        say(f"asking {sum(map(len, kinds.values()))} addresses of lists of {amount} rows")
        sample_in_turn({path: target for targets in kinds.values() for path, target in targets.items()}, 40, warm=3)
        for kind, targets in kinds.items():
            slowest = max(targets.values(), key=lambda target: target.percentile(95))
            took = 1000 * slowest.percentile(95)
            yield Line(number, f"{kind} at {amount} defects, p95 of the slowest", "", slowest.path, took, 150, 75, "ms")


# --- Row 21: where the defects of a team escaped, among a million ----------------------------------------------------------

DAYS = 80  # more than the portal keeps, so that each request counts


def pooled(targets: list[Target]) -> Target:
    samples = [sample for target in targets for sample in target.samples]
    return Target(targets[0].web, "", {}, samples=samples)


def escape_analysis(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """The busiest team's page as of many days in turn, so that none is kept; against a view with a session and one query."""
    floor = stack.floor()
    with stack.portal_over(stack.seeded("thousand", *THOUSAND)) as portal:
        page = {"Cookie": visitor(stack, portal)["cookie"]}
        team = probe("busiest_team", portal.environment)
        days = [datetime.now(UTC).date() - timedelta(days=number) for number in range(DAYS)]
        pages = [Target(portal, f"/t/{team}/escape-analysis/?as_of={day}", page) for day in days]
        views = [Target(floor, "/", {"Cookie": floor.cookie}) for _ in days]
        say(f"asking for the escape analysis of {team} as of {DAYS} days")
        sample_in_turn({str(number): target for number, target in enumerate([*pages, *views])}, 5, warm=1)
        least, took = (pooled(targets).percentile(95) for targets in (views, pages))
        counts = probe("queries", portal.environment, *(target.path for target in pages[:2]))
    yield Line(21, "escape analysis at 1M defects, p95", milliseconds(least), milliseconds(took), took / least, 15, 8)
    most = max(counts.values())
    yield Line(21, "escape analysis, queries", "", str(most), most, 16, 14, "")


# --- Row 22: a million defects as one CSV file -----------------------------------------------------------------------------


def long_export(stack: Stack, numbers: set[int]) -> Iterator[Line]:
    """As a browser downloads it, against COPY of the same columns to a file; and what a worker grows by meanwhile."""
    with stack.portal_over(stack.seeded("thousand", *THOUSAND)) as portal:
        page = {"Cookie": visitor(stack, portal)["cookie"]}
        say("copying a million defects to a file, twice")
        least = probe("seconds_of_copy", portal.environment, "2")
        listed = Target(portal, "/defects/", page)
        sample_in_turn({"list": listed}, 3)  # whatever a worker loads for its first pages
        before = {pid: resident(pid) for pid in portal.workers()}
        for pid in before:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is counted from here
        say("downloading them")
        first, took = download(Target(portal, "/defects/?format=csv", page))
        grown = max(peak(pid) - size for pid, size in before.items()) / MB
    # COPY neither guards texts nor compresses them, and holds its connection as long as the client likes.
    yield Line(22, "CSV of 1M defects", f"{least:.1f} s", f"{took:.1f} s", took / least, 10, 6)
    yield Line(22, "CSV of 1M defects, first byte", "", f"{first:.1f} s", first, 4, 2, "s")
    yield Line(22, "CSV of 1M defects, growth of a worker", "", f"{grown:.1f} MB", grown, 16, 12, "MB")


# Before the data of a million rows are made: what is served is measured on a quiet machine.
MEASURES: dict[Callable[[Stack, set[int]], Iterator[Line]], set[int]] = {
    starts: {14},
    pages: {1, 2, 4},
    metric_pages: {5, 6},
    incident_page: {19},
    weight: {12},
    memory: {13},
    creations: {3},
    recompute: {7},
    imports: {10},
    bankruptcy: {20},
    memory_of_an_import: {11, MILLION},
    equal_queries: {15},
    long_lists: {16, LARGE},
    escape_analysis: {21},
    long_export: {22},
}
