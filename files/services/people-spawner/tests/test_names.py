from __future__ import annotations

import unittest

from person_servers.names import LONGEST, is_allowed, name_of, person_of


class Names(unittest.TestCase):
    def test_names_are_of_one_person_each(self) -> None:
        for person in ("ann@example.com", "ann-lee", "o'brien+x@example.com", "a/../b@example.com", "0@x.y"):
            self.assertEqual(person_of(name_of(person)), person)
        self.assertEqual(name_of("ann@example.com"), "ann-40example-2ecom")

    def test_nothing_else_is_a_name(self) -> None:
        others = [
            "",
            "Ann",
            "ann@example.com",
            "../ann",
            "ann/..",
            "ann\n",
            "ann\0",
            "a" * (LONGEST + 1),
            "-",
            "a-4",
            "a-4G",
            "a-40-",
        ]
        # Other spellings of the same person (-61 is an a), and characters that no address has.
        others += ["-61nn", "-41nn", "ann-0a", "ann-7f", "ann-e4", "ann ", "ánn", "ann-4O"]
        for name in others:
            self.assertIsNone(person_of(name), name)

    def test_the_allow_list_is_read_as_nginx_reads_it(self) -> None:
        allow_list = {"ann@example.com", "@example.org", "ann-lee"}
        for person in ("ann@example.com", "x@example.org", "ann-lee"):
            self.assertTrue(is_allowed(person, allow_list), person)
        for person in ("bob@example.com", "x@example.org.x", "example.org", "x@y@example", "@example.org.x"):
            self.assertFalse(is_allowed(person, allow_list), person)
