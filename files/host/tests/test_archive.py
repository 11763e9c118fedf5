from __future__ import annotations

import unittest

from site_apply.archive import Incomplete, unpack


class UnpackTest(unittest.TestCase):
    def test_returns_the_unchanged_lines_of_each_file(self) -> None:
        files = unpack(b"file a/b.conf 0644\n|x \r\n|\n||bar\nfile c 0600\nend 2\n")
        self.assertEqual(
            [(file.path, file.mode, file.lines) for file in files], [("a/b.conf", 0o644, [b"x \r", b"", b"|bar"]), ("c", 0o600, [])]
        )

    def test_refuses_an_incomplete_or_invalid_text(self) -> None:
        for text, reason in [
            (b"", "the end is missing"),
            (b"\nend 0\n", "line 1 is not understood"),
            (b"file a 0644\n|x", "the end is missing"),
            (b"end 0\n\n", "something follows the end"),
            (b"end 1\n", "there are 0 files instead of 1"),
            (b"file ../a 0644\nend 1\n", "line 1 names no file"),
            (b"file a\xff 0644\nend 1\n", "line 1 names no file"),
            (b"file a 1644\nend 1\n", "line 1 names no file"),
        ]:
            with self.subTest(text), self.assertRaises(Incomplete) as raised:
                unpack(text)
            self.assertEqual(str(raised.exception), reason)
