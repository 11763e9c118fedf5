"""Tests of functions that need no Docker."""

from __future__ import annotations

import unittest

from site_apply.app_dirs import number_of
from site_apply.certificate import reason_in
from site_apply.limits import memory_for
from site_apply.manifest import Port
from site_apply.ports import listener_in_lsof, listener_in_ss
from site_apply.preflight import check_failure


class NumberOfTest(unittest.TestCase):
    PASSWD = "root:x:0:0:root:/root:/bin/sh\nnginx:x:101:102:nginx:/:/bin/false\n"
    GROUP = "root:x:0:\nnginx:x:102:\nwww:x:33:nginx\n"

    def test_reads_user_and_group_from_the_images_files(self) -> None:
        for user, number in [
            ("nginx", "101:102"),
            ("101", "101:102"),
            ("nginx:root", "101:0"),
            ("nginx:www", "101:33"),
            ("nginx:1234", "101:1234"),
            ("4321", "4321:0"),
            ("4321:1234", "4321:1234"),
        ]:
            self.assertEqual(number_of(user, self.PASSWD, self.GROUP), number, user)

    def test_works_without_the_files(self) -> None:
        self.assertEqual(number_of("4321", "", ""), "4321:0")


class ListenerTest(unittest.TestCase):
    SS = ['LISTEN 0 511 127.0.0.1:8443 0.0.0.0:* users:(("node",pid=123,fd=20))']
    LSOF = ["p77", "cnode", "f20", "n127.0.0.2:8443", "f21", "n*:8443"]

    def test_is_named_if_it_listens_at_the_address_or_at_all_addresses(self) -> None:
        here, elsewhere, everywhere = (Port(address, 8443) for address in ("127.0.0.1", "127.0.0.2", "0.0.0.0"))
        self.assertEqual(listener_in_ss(self.SS, here), "node (process 123)")
        self.assertIsNone(listener_in_ss(self.SS, elsewhere))
        self.assertEqual(listener_in_ss(self.SS, everywhere), "node (process 123)")
        self.assertEqual(listener_in_ss(["LISTEN 0 511 *:8443 *:*"], here), "another program")
        self.assertEqual(listener_in_lsof(self.LSOF, here), "node (process 77)")
        self.assertIsNone(listener_in_lsof(self.LSOF[:4], here))


class MemoryTest(unittest.TestCase):
    def test_leaves_the_other_services_the_memory_that_they_need(self) -> None:
        self.assertEqual(memory_for(966, 450), (516, 580))
        self.assertEqual(memory_for(65536, 450), (62260, 124520))
        self.assertEqual(memory_for(500, 450), (256, 320))


class MessageTest(unittest.TestCase):
    def test_shows_the_acme_clients_error_for_the_first_host_name(self) -> None:
        line = (
            'time=1 level=ERROR msg="x" error="one or more domains had a problem: [a.example.com: dns01: error presenting token'
            ' (x): cloudflare: no zone] [b.example.com: y]"'
        )
        self.assertEqual(reason_in(line), "a.example.com: cloudflare: no zone")
        self.assertEqual(reason_in("anything else"), "anything else")

    def test_does_not_blame_a_service_for_an_error_of_docker(self) -> None:
        self.assertIn("web refuses its new files", check_failure("web", "line 1 is wrong"))
        for words in (
            "all predefined address pools have been fully subnetted",
            "no space left on device",
            "Error response from daemon: x",
        ):
            self.assertNotIn("refuses", check_failure("web", words))
