"""Tests of the steps of a move on one site. The copy itself is in test_move_files.py."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any
from unittest import mock

from site_apply import __main__ as program
from site_apply import commands, keep_history
from site_apply.command import Result
from site_apply.docker import Project
from site_apply.errors import NotStarted, Refusal
from site_apply.history.config import History, Keep, Source
from site_apply.manifest import Manifest, Service
from site_apply.move import container, door, record, steps, switch
from site_apply.move.record import ARRIVING, DONE, FROZEN, LEFT, MOVED, Record

from .support import HostTest

URL = "https://jupyter.example.com"
TOLD = Record("", "jupyter-up-dev", URL, "local", "dev")


class MoveTest(HostTest):
    def setUp(self) -> None:
        super().setUp()
        dumps = self.root / "data/history/dumps/others"
        dumps.mkdir(parents=True)
        history = History(
            str(self.root / "data/history"),
            15,
            20,
            Keep(1, 7, 30, 365),
            [
                Source(str(self.root / "notebooks"), "jupyter/notebooks", ["History"]),
                Source(str(dumps), "site/databases", [".new"]),
                Source(str(self.root / "data/apps/notes/data"), "site/apps/notes/data"),
            ],
        )
        services = [Service("nginx", reload=["reload"]), Service("mariadb", load=["load"], dump=["dump"]), Service("jupyter")]
        self.manifest = Manifest(
            1, "one", "jupyter-up-local", "https://mine", str(self.root / "data"), history=history, services=services
        )
        self.write("files/nginx/.loaded")
        self.events: list[str] = []
        for name, value in {
            "lock.held": mock.MagicMock(),
            "activate.reload": self.event("reload"),
            "docker.Project.snapshot": mock.Mock(return_value=mock.Mock(containers=[])),
            "move.switch.read_compose_file": mock.Mock(
                return_value=mock.Mock(services=["nginx", "mariadb", "jupyter", "vouch", "site-history"])
            ),
            "docker.Project.compose": self.event("stop", Result(0)),
            "restore_new.start_databases": self.event("start databases"),
            "keep_history.dump_now": self.event("dump", True),
            "keep_history.save_now": self.event("save"),
            "move.switch.as_root": self.event("remove dumps"),
            "move.switch.Rollout": mock.Mock(return_value=mock.Mock(start=self.event("start"))),
        }.items():
            self.replace(name, value)

    def event(self, name: str, result: Any = None) -> mock.Mock:
        """Records its name, with the state of the move, and whether the door is closed."""

        def happen(*_: object, **__: object) -> Any:
            closed = "closed" if self.page else "open"
            self.events.append(f"{name}: {record.read(self.manifest).state or 'none'}, {closed}")
            return mock.DEFAULT

        return mock.Mock(side_effect=happen, return_value=result)

    def replace(self, name: str, value: Any) -> Any:
        patched = mock.patch(f"site_apply.{name}", value)
        self.addCleanup(patched.stop)
        return patched.start()

    @property
    def page(self) -> str:
        file = self.root / "files/nginx/closed/door.conf"
        return file.read_text() if file.is_file() else ""

    def be(self, state: str, site: str = "jupyter-up-dev") -> None:
        record.write(self.manifest, Record(state, site, URL, "local", "dev"))

    def run_step(self, step: Any) -> int:
        result: int = step(self.layout, self.manifest, TOLD)
        return result

    @property
    def state(self) -> str:
        return record.read(self.manifest).state

    def test_closes_the_old_site_before_anything_stops_and_dumps_when_nothing_writes(self) -> None:
        self.run_step(switch.freeze)
        each = ["reload", "stop", "start databases", "dump"]
        self.assertEqual(self.events, [f"{name}: frozen, closed" for name in each])
        self.assertEqual(self.page, f'set $other_site "{URL}";\ninclude /site/current/closed/moving.conf;\n')
        stopped = Project.compose.call_args.args  # type: ignore[attr-defined]
        self.assertEqual(stopped[1:], ("stop", "jupyter", "vouch", "site-history"))

    def test_lets_nginx_read_the_page_again(self) -> None:
        self.run_step(switch.freeze)
        self.assertFalse((self.root / "files/nginx/.loaded").exists())
        file = self.root / "files/nginx/closed/door.conf"
        self.assertEqual([stat.S_IMODE(each.stat().st_mode) for each in (file, file.parent)], [0o644, 0o755])
        self.assertEqual(stat.S_IMODE((self.root / "data/moving").stat().st_mode), 0o700)

    def test_stays_closed_if_the_databases_cannot_be_dumped(self) -> None:
        self.replace("keep_history.dump_now", mock.Mock(return_value=False))
        with self.assertRaisesRegex(Refusal, "Go on: npm run move -- --from local --to dev. Or use this site again: .* --undo"):
            self.run_step(switch.freeze)
        self.assertEqual((self.state, bool(self.page)), (FROZEN, True))

    def test_does_not_close_a_site_whose_page_nginx_does_not_load(self) -> None:
        self.replace("activate.reload", mock.Mock(side_effect=NotStarted))
        with self.assertRaisesRegex(Refusal, "nginx did not load the page"):
            self.run_step(switch.freeze)
        self.assertEqual(self.events, [])

    def test_refuses_a_url_that_could_be_a_statement(self) -> None:
        for url in ("https://a;b", 'https://a"', "http://a", "https://a/b", "https://a\nb", ""):
            with self.assertRaisesRegex(Refusal, "is not understood"):
                door.close(self.layout, self.manifest, Project("lab"), door.MOVED, url)
        self.assertEqual(self.page, "")

    def test_saves_the_state_of_the_new_site_once(self) -> None:
        for _ in range(2):
            self.run_step(switch.wait_for_work)
        self.assertEqual(self.events[0], "save: none, open")
        self.assertEqual([each for each in self.events if each.startswith("save")], self.events[:1])
        self.assertEqual(self.state, ARRIVING)
        self.assertIn("arriving.conf", self.page)

    def test_takes_part_in_one_move_only(self) -> None:
        for step in (switch.freeze, switch.wait_for_work):
            for state in (FROZEN, ARRIVING, MOVED):
                self.be(state, "another")
                with self.assertRaisesRegex(Refusal, "takes part in another move"):
                    self.run_step(step)
        self.be(DONE, "another")
        self.run_step(switch.freeze)

    def test_does_not_return_from_moved_to_frozen(self) -> None:
        self.be(MOVED)
        self.run_step(switch.freeze)
        self.assertEqual((self.state, self.events), (MOVED, []))

    def test_leaves_the_old_site_only_after_it_was_closed(self) -> None:
        with self.assertRaisesRegex(Refusal, "not closed for a move"):
            self.run_step(switch.leave)
        self.be(FROZEN)
        self.run_step(switch.leave)
        self.assertEqual(self.state, MOVED)
        self.assertIn("moved.conf", self.page)
        self.assertIn("mariadb", Project.compose.call_args.args)  # type: ignore[attr-defined]

    def test_opens_a_site_so_that_a_release_can_repair_it(self) -> None:
        self.run_step(switch.wait_for_work)
        self.events.clear()
        self.run_step(switch.open_again)
        self.assertEqual(self.events, ["start: none, open", "remove dumps: none, open"])
        self.run_step(switch.wait_for_work)
        self.replace("move.switch.Rollout", mock.Mock(return_value=mock.Mock(start=mock.Mock(side_effect=NotStarted))))
        with self.assertRaisesRegex(Refusal, "run pulumi up"):
            self.run_step(switch.open_again)
        self.assertEqual((self.state, self.page), ("", ""))

    def test_saves_what_was_done_on_the_new_site_before_it_is_left(self) -> None:
        for _ in range(2):
            self.run_step(switch.give_up)
        self.assertEqual(self.events[0], "save: none, open")
        self.assertEqual(sum(each.startswith("save") for each in self.events), 1)
        self.assertEqual(self.state, LEFT)

    def test_is_finished_only_after_the_move(self) -> None:
        with self.assertRaisesRegex(Refusal, "has not moved"):
            self.run_step(switch.finish)
        self.be(MOVED)
        self.run_step(switch.finish)
        self.assertEqual(self.state, DONE)

    def test_says_which_services_do_not_stop(self) -> None:
        running = mock.Mock(service="jupyter", is_running=True)
        self.replace("docker.Project.snapshot", mock.Mock(return_value=mock.Mock(containers=[running])))
        with self.assertRaisesRegex(Refusal, "could not be stopped: jupyter"):
            self.run_step(switch.freeze)

    def test_refuses_releases_and_removal_while_closed(self) -> None:
        for state, what in (
            (FROZEN, f"is moving to {URL}.*npm run move -- --from local --to dev. Or keep this site: .* --undo"),
            (MOVED, f"has moved to {URL}.*--done. Or use this site again: .* --undo"),
            (ARRIVING, f"work of {URL} is moving to this site.*--undo"),
        ):
            self.be(state)
            with self.assertRaisesRegex(Refusal, what):
                record.refuse_if_closed(self.manifest)
            self.replace("commands.manifest_of", mock.Mock(return_value=self.manifest))
            self.replace("commands.machine.check", mock.Mock())
            with self.assertRaisesRegex(Refusal, what):
                commands.down(self.layout, "jupyter-up-local")
            self.assertEqual(steps._state(self.layout, self.manifest, TOLD), 3)
        for state in (DONE, LEFT):
            self.be(state)
            record.refuse_if_closed(self.manifest)
            door.forget_ended_move(self.layout, self.manifest)
            self.assertEqual((self.state, self.page), ("", ""))
        record.refuse_if_closed(Manifest(1, "one", "of an earlier version"))
        self.assertEqual(steps._state(self.layout, self.manifest, TOLD), 0)

    def test_keeps_no_state_of_a_closed_site(self) -> None:
        self.replace("keep_history.machine.check", mock.Mock())
        self.replace("keep_history.manifest_of", mock.Mock(return_value=self.manifest))
        dumped = self.replace("keep_history._dump", mock.Mock(side_effect=Refusal("dumped")))
        self.be(ARRIVING)
        self.assertEqual(keep_history.keep(self.layout), 0)
        dumped.assert_not_called()
        record.remove(self.manifest)
        with self.assertRaisesRegex(Refusal, "dumped"):
            keep_history.keep(self.layout)

    def test_receives_only_if_it_waits(self) -> None:
        for step in (steps.STEPS["receive"], steps.STEPS["load"]):
            with self.assertRaisesRegex(Refusal, "does not wait"):
                self.run_step(step)

    def test_loads_each_dump_that_has_arrived_and_compares_it(self) -> None:
        self.be(ARRIVING)
        self.write(f"data/history/dumps/others/{container.DUMPS}/notes.sql.gz")
        containers = mock.Mock(running={"m"}, container_of=mock.Mock(return_value="m"))
        self.replace("docker.Project.snapshot", mock.Mock(return_value=containers))
        act = self.replace("docker.act", mock.Mock(return_value=Result(0, b"The database notes is restored.")))
        self.run_step(steps.STEPS["load"])
        self.assertEqual(act.call_args.args, ("exec", "m", "load", "others/.new/move/notes.sql.gz", "compare"))
        act.return_value = Result(1, b"The database notes is not what it was: the table `a` differs.")
        with self.assertRaisesRegex(Refusal, "notes.sql.gz could not be loaded"):
            self.run_step(steps.STEPS["load"])
        self.assertIn("the table `a` differs", self.output)
        containers.running = set()
        with self.assertRaisesRegex(Refusal, "does not run"):
            self.run_step(steps.STEPS["load"])

    def test_gives_the_container_the_folders_of_the_work_only(self) -> None:
        popen = self.replace("move.container.subprocess.Popen", mock.Mock())
        popen.return_value.wait.return_value = 0
        for folder in ("notebooks", "data/apps/notes/data"):
            (self.root / folder).mkdir(parents=True)
        container.run_in_container(self.layout, self.manifest, "receive", writable=True)
        argv = popen.call_args.args[0]
        mounts = [argv[number + 1] for number, word in enumerate(argv) if word == "--mount"]
        targets = {each.partition("target=")[2]: "readonly" in each for each in mounts}
        self.assertEqual(
            targets,
            {
                "/site/bin,readonly": True,
                "/state": False,
                "/sources/jupyter/notebooks": False,
                "/sources/site/databases": False,
                "/sources/site/apps/notes/data": False,
            },
        )
        self.assertIn(f'"source={self.root}/data/history/dumps/others/.new/move"', " ".join(mounts))
        for word in ("none", "no-new-privileges:true", "ALL"):
            self.assertIn(word, argv)

    def test_names_apps_that_stay(self) -> None:
        for app in ("notes", "wiki"):
            Path(self.manifest.data, "apps", app).mkdir(parents=True)
        self.assertEqual(steps._unused(self.manifest), ["wiki"])

    def test_needs_a_known_step(self) -> None:
        for words, why in ((["move"], "expected state, show"), (["move", "x"], "found 'x'")):
            with self.assertRaisesRegex(Refusal, why):
                program._parse(["--root", str(self.root), *words])
