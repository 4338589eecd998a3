"""Reports as tools write them: what passed, what failed and how often, and what is refused with a sentence."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testing.reports import junit as junit_module
from testing.reports.either import read_report
from testing.reports.report import BadReport, gist


def read(content):
    return read_report(io.BytesIO(content if isinstance(content, bytes) else content.encode()))


def suite(*cases):
    return f'<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="s">{"".join(cases)}</testsuite></testsuites>'


def case(name, inside="", classname="shop.Cart"):
    return f'<testcase classname="{classname}" name="{name}">{inside}</testcase>'


def failure(message, kind="AssertionError", tag="failure", text=""):
    return f'<{tag} message="{message}" type="{kind}">{text}</{tag}>'


def test_each_test_is_counted_once():
    report = read(
        suite(case("a"), case("b", failure("1 != 2")), case("c", "<skipped/>"), case("d", "<system-out>x</system-out>"))
    )
    assert (report.kind, report.total, report.skipped) == ("tests", 4, 1)
    assert report.passed == {"shop.Cart::a", "shop.Cart::d"}
    assert report.failed == {"shop.Cart::b"}
    (found,) = report.failures.values()
    assert (found.title, found.place, found.tests, found.examples) == ("Cart: 1 != 2", "shop.Cart", 1, ["shop.Cart::b"])


@pytest.mark.parametrize(
    ("cases", "distinct"),
    [
        # An exception that many tests meet is one failure, whatever its port and wherever it occurs.
        ([("a", "shop.Cart", "refused at 127.0.0.1:5432", "ConnectionError"),
          ("b", "shop.Card", "refused at 127.0.0.1:5499", "ConnectionError")], 1),
        # What a test expects belongs to its suite.
        ([("a", "shop.Cart", "expected 1 but was 2", "AssertionError"),
          ("b", "shop.Cart", "expected 3 but was 4", "AssertionError")], 1),
        ([("a", "shop.Cart", "expected 1 but was 2", "AssertionError"),
          ("b", "shop.Card", "expected 1 but was 2", "AssertionError")], 2),
        # Without a message each test stands for itself.
        ([("a", "shop.Cart", "", "AssertionError"), ("b", "shop.Cart", "", "AssertionError")], 2),
        ([("a", "shop.Cart", "no such table", "DbError"), ("b", "shop.Cart", "disk full", "DbError")], 2),
    ],
)  # fmt: skip
def test_distinct_failures(cases, distinct):
    report = read(suite(*(case(name, failure(message, kind), place) for name, place, message, kind in cases)))
    assert (len(report.failed), len(report.failures)) == (2, distinct)
    assert sum(each.tests for each in report.failures.values()) == 2


@pytest.mark.parametrize(
    "cases",
    [
        [case("a", failure("late", tag="flakyFailure"))],
        [case("a", failure("late", tag="flakyError"))],
        [case("a", failure("late")), case("a")],
        [case("a"), case("a", failure("late", tag="error"))],
    ],
)
def test_a_test_that_passed_on_retry_is_flaky_and_no_failure(cases):
    report = read(suite(*cases))
    assert (report.flaky, report.failed, report.passed, report.failures) == ({"shop.Cart::a"}, set(), set(), {})


def test_a_test_that_failed_each_time_failed_once():
    report = read(suite(case("a", failure("late") + failure("late", tag="rerunFailure")), case("a", failure("late"))))
    assert (report.failed, report.flaky, len(report.failures)) == ({"shop.Cart::a"}, set(), 1)


def test_a_report_without_classes_or_messages():
    report = read('<testsuite name="unit"><testcase name="a"><failure>Traceback\n  line 1</failure></testcase></testsuite>')
    (found,) = report.failures.values()
    assert (found.title, found.place, found.detail) == ("unit: Traceback", "unit", "Traceback\n  line 1")


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&a;"/></testsuite>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty."),
        ("a,b\n1,2\n", "Send JUnit XML or SARIF (JSON)."),
        (LAUGHS, "The XML has a document type"),
        (OUTSIDE, "The XML has a document type"),
        ('<!DOCTYPE a SYSTEM "https://example.org/a.dtd"><testsuite/>', "The XML has a document type"),
        ("<a>" * 101, "nested more than 100 levels deep"),
        ("<html><body>502</body></html>", "it has no test cases"),
        ('<testsuite><testcase name="a">', "not well-formed XML. See line 1."),
        ("<testsuite>&nbsp;</testsuite>", "not well-formed XML"),
        (b'<?xml version="1.0" encoding="klingon"?><testsuite/>', "encoding"),
        (suite(case("n" * 100_001)), "has an attribute with more than 100,000 characters"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "Send JUnit XML or SARIF (JSON)."),
        ('{"runs":' + "[" * 100_000, "not valid JSON"),
        ('{"version": "2.1.0", "runs": NaN}', "not valid JSON"),
        ('{"version": "1.0.0", "runs": []}', "not SARIF 2.1.0"),
        ('{"version": "2.1.0"}', "not SARIF 2.1.0"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(BadReport) as refused:
        read(content)
    assert sentence in str(refused.value)


def test_too_many_tests_are_refused(monkeypatch):
    monkeypatch.setattr(junit_module, "MOST_TESTS", 2)
    with pytest.raises(BadReport, match="up to 2 tests"):
        read(suite(case("a"), case("b"), case("c")))


def test_a_huge_output_takes_no_room():
    report = read(
        suite(case("a", f"<system-out>{'x' * 3_000_000}</system-out>"), case("b", failure("late", text="y" * 9_000)))
    )
    assert {len(each.detail) for each in report.failures.values()} == {4_000}


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=60))
def test_a_message_has_the_same_gist_with_other_numbers(text):
    assert gist(f"{text} after 12 ms at 0xAF") == gist(f"{text} after 9000 ms at 0x01")


# --- SARIF --------------------------------------------------------------------------------------------------------------


def sarif(*results, rules=(), **tool):
    run = {"tool": {"driver": {"name": "Scan", "rules": list(rules)}, **tool}, "results": list(results)}
    return json.dumps({"version": "2.1.0", "runs": [run]})


def result(rule="R1", uri="src/a.py", line=3, text="Unsafe call", **more):
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}
    return {"ruleId": rule, "message": {"text": text}, "locations": [place], **more}


def test_findings_of_a_rule_in_a_file_are_one():
    report = read(sarif(result(), result(line=9), result(uri="src/b.py"), result(rule="R2")))
    assert (report.kind, report.tool, len(report.failed), len(report.failures)) == ("analysis", "Scan", 4, 3)
    first = next(iter(report.failures.values()))
    assert (first.title, first.tests, first.examples) == ("R1: Unsafe call (src/a.py)", 2, ["src/a.py:3", "src/a.py:9"])


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "pass"},
        {"baselineState": "absent"},
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"kind": "external", "status": "accepted"}]},
    ],
)
def test_what_is_accepted_or_gone_does_not_count(more):
    assert read(sarif(result(**more))).total == 0


def test_level_and_risk():
    rules = [
        {"id": "R1", "properties": {"security-severity": "9.8"}, "defaultConfiguration": {"level": "error"}},
        {"id": "R2", "defaultConfiguration": {"level": "note"}},
    ]
    found = read(sarif(result(), result(rule="R2"), result(rule="R3"), result(rule="R4", level="error"), rules=rules))
    assert [(each.level, each.risk) for each in found.failures.values()] == [
        ("error", 9.8),
        ("note", None),
        ("warning", None),
        ("error", None),
    ]


def test_the_rules_of_an_extension_have_their_risk():
    packs = [{"name": "codeql/python", "rules": [{"id": "R1", "properties": {"security-severity": "8.8"}}]}, None]
    (found,) = read(sarif(result(), extensions=packs)).failures.values()
    assert found.risk == 8.8


def test_the_tools_own_fingerprint_survives_a_move_of_the_line():
    marks = {"partialFingerprints": {"primaryLocationLineHash": "ab:1"}}
    once = read(sarif(result(text="Unsafe in line three", **marks))).failures
    again = read(sarif(result(text="Unsafe in line nine", line=9, **marks))).failures
    assert once.keys() == again.keys()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
            ["runs", "results", "tool", "driver", "rules", "ruleId", "ruleIndex", "message", "text", "locations", "level",
             "physicalLocation", "artifactLocation", "uri", "region", "startLine", "suppressions", "fingerprints", "id"]
        ), inner, max_size=4),
        max_leaves=20,
    )
)  # fmt: skip
def test_any_json_is_read_or_refused(value):
    read(json.dumps({"version": "2.1.0", "runs": [{"results": [value], "tool": value}, value]}))
