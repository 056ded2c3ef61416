"""The gate's findings as JUnit XML."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from mixbench.gate.check import Check, Row
from mixbench.gate.newflags import NewFlag
from mixbench.gate.verdict import TESTED, Finding, Verdict
from mixbench.gate.wording import flag_sentence, row_title, sentence
from mixbench.spec.plain import plain_name

_MOST = 1000


def check_junit(check: Check, allow_inconclusive: bool) -> bytes:
    """Return a test suite a row and a test case a gated measure or new flag.

    A regression is a failure, a missing record an error; an inconclusive measure or flag an error, or skipped where it
    is allowed. Every text is plain ASCII, so that nothing in a name is invalid in XML.
    """
    xml = JUnitXml("mixbench check")
    for row in check.rows:
        xml.add_testsuite(_suite(row, allow_inconclusive))
    if check.missing:
        xml.add_testsuite(_missing(check))
    xml.update_statistics()
    return xml.tostring()


def _suite(row: Row, allow: bool) -> TestSuite:
    title = plain_name(row_title(row), _MOST)
    suite = TestSuite(title)
    for finding in row.findings:
        if finding.verdict in TESTED:
            suite.add_testcase(_case(title, finding, allow))
    for flag in row.flags:
        suite.add_testcase(_flag(title, flag, allow))
    return suite


def _flag(title: str, flag: NewFlag, allow: bool) -> TestCase:
    case, text = TestCase(flag.name, title, 0), plain_name(flag_sentence(flag), _MOST)
    case.result = [Failure(text, "regression") if flag.sure else _unclear(text, allow)]
    case.system_out = text
    return case


def _case(title: str, finding: Finding, allow: bool) -> TestCase:
    case = TestCase(finding.comparison.measure, title, 0)
    text = plain_name(sentence(finding), _MOST)
    if finding.verdict is Verdict.REGRESSION:
        case.result = [Failure(text, "regression")]
    elif finding.verdict is Verdict.INCONCLUSIVE:
        case.result = [_unclear(text, allow)]
    case.system_out = text
    return case


def _missing(check: Check) -> TestSuite:
    suite = TestSuite("missing in the candidate")
    for name in check.missing:
        case = TestCase(plain_name(name, _MOST), "missing in the candidate", 0)
        case.result = [Error("the baseline has this record and the candidate has not", "inconclusive")]
        suite.add_testcase(case)
    return suite


def _unclear(text: str, allow: bool) -> Skipped | Error:
    return Skipped(text, "inconclusive") if allow else Error(text, "inconclusive")
