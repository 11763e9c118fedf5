"""What sign-out asks nginx, and what it says. nginx itself runs in tests/integration/session.test.ts."""

from __future__ import annotations

from unittest import mock

from site_apply.command import Result
from site_apply.docker import Project
from site_apply.errors import Refusal
from site_apply.manifest import Manifest, Service
from site_apply.sign_out import sign_out

from .support import HostTest, containers_of

URL = "http://127.0.0.1:8081/sessions/end?person="


class SignOutTest(HostTest):
    def asked(self, person: str, answer: Result, allow: list[str], service: Service) -> list[str]:
        """The words of the command in the container."""
        manifest = Manifest(1, "one", "lab", allow=allow, services=[service])
        with (
            mock.patch("site_apply.sign_out.machine.check"),
            mock.patch("site_apply.sign_out.manifest_of", return_value=manifest),
            mock.patch.object(Project, "snapshot", return_value=containers_of("nginx")),
            mock.patch("site_apply.sign_out.docker.act", return_value=answer) as act,
        ):
            self.assertEqual(sign_out(self.layout, person), 0)
        return list(act.call_args.args)

    def test_encodes_the_person(self) -> None:
        words = self.asked("a b&c=%@x/..", Result(0, b"2\n"), [], Service("nginx", sign_out=["wget", URL]))
        self.assertEqual(words[2:], ["wget", f"{URL}a%20b%26c%3D%25%40x%2F.."])

    def test_says_how_many_sessions_ended_and_who_can_come_back(self) -> None:
        service = Service("nginx", sign_out=["wget", URL])
        for allow, comes_back in ((["ann@example.com"], True), (["@example.com"], True), (["bob@example.com"], False)):
            with mock.patch("site_apply.sign_out.say") as say:
                self.asked("Ann@example.com", Result(0, b"2\n"), allow, service)
            lines = [call.args[0] for call in say.call_args_list]
            self.assertEqual(lines[0], "Ended 2 session(s) of Ann@example.com.")
            self.assertEqual(len(lines) == 2, comes_back, allow)

    def test_refuses_when_nginx_does_not_answer(self) -> None:
        for answer in (Result(1, b"wget: can't connect\n"), Result(0, b"")):
            with self.assertRaisesRegex(Refusal, "does not answer"):
                self.asked("ann@example.com", answer, [], Service("nginx", sign_out=["wget", URL]))

    def test_refuses_for_a_release_without_sessions(self) -> None:
        with self.assertRaisesRegex(Refusal, "Run pulumi up first"):
            self.asked("ann@example.com", Result(0, b"1\n"), [], Service("nginx"))
