from __future__ import annotations

import unittest

from site_apply.allow_lists import allowed_by_both, domain_of


def names(*entries: str) -> str:
    lines = [
        f'"~*^true:[^@:]+{each.replace(".", chr(92) + ".")}$" allow;' if each.startswith("@") else f'"true:{each}" allow;'
        for each in entries
    ]
    return "default deny;\n" + "".join(f"{line}\n" for line in lines)


class AllowedByBothTest(unittest.TestCase):
    def test_keeps_users_whom_both_maps_allow_by_address_or_domain(self) -> None:
        for first, second, both in [
            (["ann@a.b"], ["ann@a.b"], ["ann@a.b"]),
            (["ann@a.b"], ["bob@a.b"], []),
            (["ann@a.b", "bob@a.b"], ["@a.b"], ["ann@a.b", "bob@a.b"]),
            (["@a.b"], ["ann@a.b"], ["ann@a.b"]),
            (["@a.b"], ["@a.b"], ["@a.b"]),
            (["@a.b"], ["@b"], []),
            (["ann@x.a.b"], ["@a.b"], []),
            ([], ["ann@a.b"], []),
        ]:
            with self.subTest(first=first, second=second):
                self.assertEqual(allowed_by_both(names(*first), names(*second)), names(*both))

    def test_returns_the_other_map_if_one_refers_to_the_sites_list(self) -> None:
        by_site = "default $site_verdict;\n"
        self.assertEqual(allowed_by_both(by_site, names("ann@a.b")), names("ann@a.b"))
        self.assertEqual(allowed_by_both(names("ann@a.b"), by_site), names("ann@a.b"))

    def test_ignores_case_and_keeps_the_other_lines_of_the_first_map(self) -> None:
        first = '# people\ndefault deny;\n"true:Ann@A.b" allow;\n'
        self.assertEqual(allowed_by_both(first, names("ann@a.b")), '# people\ndefault deny;\n"true:ann@a.b" allow;\n')

    def test_keeps_only_the_keys_of_programs_that_are_the_same_in_both(self) -> None:
        key = '"key:{} laptop ann@a.b 2027-03-01 {} jupyter" allow;\n'
        heading = "# Keys of programs\n"
        first = heading + key.format("aa", "run") + key.format("bb", "run") + key.format("cc", "run")
        second = heading + key.format("aa", "run") + key.format("bb", "read")
        self.assertEqual(allowed_by_both(first, second), heading + key.format("aa", "run"))

    def test_a_name_at_github_has_no_domain(self) -> None:
        self.assertEqual(domain_of('"true:ann-lee" allow;'), "")
