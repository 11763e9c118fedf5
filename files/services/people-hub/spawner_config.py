"""The servers of people run on this machine: the site's spawner starts them."""

from people_hub.machine import PersonSpawner

c = get_config()  # noqa: F821, provided by the loader

c.JupyterHub.spawner_class = PersonSpawner
