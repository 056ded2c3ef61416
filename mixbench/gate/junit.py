"""The gate's findings as JUnit XML."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from mixbench.gate.regression import Check, Finding, Row, Verdict
from mixbench.gate.wording import row_title, sentence
from mixbench.spec.plain import plain_name

_MOST = 1000


def check_junit(check: Check, allow_inconclusive: bool) -> bytes:
    """Return a test suite a row and a test case a gated measure.

    A regression is a failure; an inconclusive measure or a missing record an error, or skipped where it is allowed.
    Every text is plain ASCII, so that nothing in a name is invalid in XML.
    """
    xml = JUnitXml("mixbench check")
    for row in check.rows:
        xml.add_testsuite(_suite(row, allow_inconclusive))
    if check.missing:
        xml.add_testsuite(_missing(check, allow_inconclusive))
    xml.update_statistics()
    return xml.tostring()


def _suite(row: Row, allow: bool) -> TestSuite:
    title = plain_name(row_title(row), _MOST)
    suite = TestSuite(title)
    for finding in row.findings:
        if finding.verdict in (Verdict.OK, Verdict.REGRESSION, Verdict.INCONCLUSIVE):
            suite.add_testcase(_case(title, finding, allow))
    return suite


def _case(title: str, finding: Finding, allow: bool) -> TestCase:
    case = TestCase(finding.comparison.measure, title, 0)
    text = plain_name(sentence(finding), _MOST)
    if finding.verdict is Verdict.REGRESSION:
        case.result = [Failure(text, "regression")]
    elif finding.verdict is Verdict.INCONCLUSIVE:
        case.result = [_unclear(text, allow)]
    case.system_out = text
    return case


def _missing(check: Check, allow: bool) -> TestSuite:
    suite = TestSuite("missing in the candidate")
    for name in check.missing:
        case = TestCase(plain_name(name, _MOST), "missing in the candidate", 0)
        case.result = [_unclear("the baseline has this record and the candidate has not", allow)]
        suite.add_testcase(case)
    return suite


def _unclear(text: str, allow: bool) -> Skipped | Error:
    return Skipped(text, "inconclusive") if allow else Error(text, "inconclusive")
