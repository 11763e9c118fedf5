from __future__ import annotations

import unittest

from site_apply.log import printable


class PrintableTest(unittest.TestCase):
    def test_removes_characters_that_control_a_terminal(self) -> None:
        self.assertEqual(printable("a\x1b[31m\tb\x00\x7f\u009b\u202ec"), "a[31m\tb??c")

    def test_keeps_both_ends_of_a_long_line_without_cutting_a_character(self) -> None:
        shown = printable(f"begin {'李' * 30_000} the end")
        self.assertLess(len(shown.encode()), 4000)
        self.assertRegex(shown, "^begin 李+ ... 李+ the end$")
