"""Starts the server of a person, by asking the site's spawner; see files/services/people-spawner."""

import asyncio
import json

from jupyterhub.spawner import Spawner
from people_hub.servers import PAUSE, PORT, NotStarted, is_up

SOCKET = "/run/people/spawner.sock"


class PersonSpawner(Spawner):
    """The definition of a server is the spawner's. The hub can only say whose server is to start or stop."""

    async def start(self):
        host = (await self.ask("start"))["host"]
        url = f"http://{host}:{PORT}"
        while not await is_up(url):
            state = await self.ask("status")
            if not state["running"]:
                raise NotStarted(why(state))
            await asyncio.sleep(PAUSE)
        return url

    async def stop(self, now=False):
        await self.ask("stop")

    async def poll(self):
        try:
            state = await self.ask("status")
        except NotStarted as error:
            # The spawner restarts. The server goes on.
            self.log.warning("%s: %s", self.user.name, error)
            return None
        return None if state["running"] else state["code"]

    async def ask(self, action):
        """Asks the spawner, and returns its answer. Throws NotStarted."""
        try:
            reader, writer = await asyncio.open_unix_connection(SOCKET)
            try:
                writer.write(json.dumps({"do": action, "name": self.user.name}).encode() + b"\n")
                answer = json.loads(await asyncio.wait_for(reader.readline(), 60))
            finally:
                writer.close()
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            raise NotStarted("The site's spawner does not answer. Try again in a minute.") from error
        if not answer["ok"]:
            raise NotStarted(answer["words"])
        return answer


def why(state):
    """Why a server ended while it started."""
    if state["killed"]:
        return (
            "Your server ran out of memory while it started. Start it again. If that does not help, the owner of this site can give"
            " servers more memory: pulumi config set --path servers.memory 2g && pulumi up"
        )
    return (
        f"Your server ended while it started (exit code {state['code']}). A file in your home directory may prevent it: ~/.jupyter,"
        " ~/.local or ~/.bashrc. The owner of this site can see its log: docker logs"
    )
