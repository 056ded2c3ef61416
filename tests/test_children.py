"""A test's child hears Ctrl-C even where the tests do not, and who outlives it is waited for."""

import signal
import subprocess
import sys

import pytest
from children import last_words, started, wait_until

HEARS = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"


@pytest.mark.parametrize("ours", [signal.SIG_IGN, signal.default_int_handler])
def test_a_child_hears_interrupts_however_the_tests_were_started(ours):
    before = signal.signal(signal.SIGINT, ours)
    try:
        assert last_words(started([sys.executable, "-c", HEARS])) == ("True\n", "")
        assert signal.getsignal(signal.SIGINT) is ours
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_shares_the_output_is_waited_for():
    grandchild = "import sys; sys.stdin.read(); print('the last')"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}])"
    process = started([sys.executable, "-c", parent], stdin=subprocess.PIPE)
    assert process.wait() == 0
    assert last_words(process) == ("the last\n", "")


def test_a_process_that_ends_too_early_is_told_with_what_it_said():
    with pytest.raises(AssertionError, match="too early"):
        wait_until(lambda: False, started([sys.executable, "-c", "print('too early')"]))
