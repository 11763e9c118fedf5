"""
Starts and stops the servers of people.

    python3 -m person_servers.main serve      answers requests on the socket
    python3 -m person_servers.main dismiss    stops the servers of people who are not on the allow list, on standard input
    python3 -m person_servers.main activity   prints what runs in all servers, as JSON

The folder of this file's package has definition.json. The environment names the other places; see spawner.ts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import activity, definition
from .engine import Engine
from .homes import Homes
from .names import is_allowed, person_of
from .requests import Listener
from .servers import Servers
from .words import Refused

_FOLDER = Path(__file__).parent.parent


def main() -> None:
    command = sys.argv[1:]
    defined = definition.read(_FOLDER / "definition.json")
    engine = Engine(os.environ.get("DOCKER_SOCKET", "/var/run/docker.sock"))
    homes = Homes(defined, Path(os.environ["HOMES"]), Path(os.environ["FIRST_HOME"]))
    key, database_key = (Path(os.environ[name]).read_text().strip() for name in ("SERVER_KEY", "DATABASE_KEY"))
    servers = Servers(defined, engine, homes, key, database_key)
    if command == ["serve"]:
        serve(Path(os.environ["SPAWNER_SOCKET"]), int(os.environ["SPAWNER_CLIENT"]), servers)
    elif command == ["dismiss"]:
        dismiss(servers, {line.strip().lower() for line in sys.stdin})
    elif command == ["activity"]:
        print(activity.of_all(engine, defined, servers.running()))
    else:
        sys.exit(__doc__)


def serve(path: Path, client: int, servers: Servers) -> None:
    """Answers requests. client: the user who may send them, besides root."""
    path.unlink(missing_ok=True)
    # Nobody can connect before the socket has its owner.
    before = os.umask(0o177)
    listener = Listener(str(path), servers)
    os.umask(before)
    os.chown(path, client, client)
    print("The spawner answers.", flush=True)
    listener.serve_forever()


def dismiss(servers: Servers, allow_list: set[str]) -> None:
    """Stops the servers of people who are not on the allow list any more."""
    failed = False
    for name in servers.running():
        person = person_of(name)
        if person and is_allowed(person, allow_list):
            continue
        try:
            servers.stop(name)
            print(f"{person} is not on the allow list any more. Their server was stopped.")
        except Refused as error:
            failed = True
            print(f"{person} is not on the allow list any more, but their server could not be stopped: {error.words}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
