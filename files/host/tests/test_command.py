from __future__ import annotations

import time
import unittest

from site_apply.command import NOT_FOUND, TIMED_OUT, run


class RunTest(unittest.TestCase):
    def test_returns_exit_code_and_output(self) -> None:
        script = ["sh", "-c", "echo out; echo err >&2; exit 3"]
        self.assertEqual((run(script, within=10).code, run(script, within=10).lines), (3, ["out"]))
        self.assertEqual(run(script, within=10, errors=True).lines, ["out", "err"])

    def test_returns_not_found_for_a_missing_program(self) -> None:
        self.assertEqual(run(["no-such-program"], within=10).code, NOT_FOUND)

    def test_kills_a_program_and_its_children_after_the_time_limit(self) -> None:
        began = time.monotonic()
        result = run(["sh", "-c", "echo begun; sleep 60 & sleep 60"], within=1)
        self.assertEqual((result.code, result.text), (TIMED_OUT, "begun"))
        self.assertLess(time.monotonic() - began, 20)

    def test_passes_long_input_even_to_a_program_that_does_not_read_it(self) -> None:
        given = b"x" * 1_000_000
        self.assertEqual(len(run(["cat"], within=20, given=given).raw), len(given))
        self.assertTrue(run(["true"], within=20, given=given).ok)

    def test_reads_no_more_output_than_allowed(self) -> None:
        result = run(["yes"], within=20, most=1000)
        self.assertEqual(len(result.raw), 1000)
        self.assertNotEqual(result.code, TIMED_OUT)

    def test_calls_back_while_it_waits(self) -> None:
        calls: list[int] = []
        run(["sleep", "2"], within=20, meanwhile=lambda: calls.append(1))
        self.assertGreaterEqual(len(calls), 1)
