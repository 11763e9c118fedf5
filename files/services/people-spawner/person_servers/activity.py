"""What runs in the servers of people, as Jupyter's activity.py prints it for one server."""

from __future__ import annotations

import json
from typing import Any

from .definition import Definition
from .engine import Engine, EngineError
from .names import person_of

_COMMAND = ["python3", "/usr/local/etc/jupyter-up/activity.py"]


def of_all(engine: Engine, defined: Definition, names: list[str]) -> str:
    """One line of JSON: kernels of everybody, and the sums of the rest. A server that does not answer does not count."""
    kernels: list[dict[str, Any]] = []
    sums = {"terminals": 0, "busy_terminals": 0, "memory": 0, "limit": 0}
    for name in names:
        try:
            code, said = engine.run(defined.container_of(name), _COMMAND)
            found = json.loads(said) if code == 0 else {}
            # People control the programs in their server, so its answer may be anything.
            kernels += [_kernel(each, person_of(name) or "") for each in found.get("kernels", [])]
            for key in sums:
                sums[key] += int(found.get(key, 0))
        except (EngineError, ValueError, TypeError, AttributeError):
            continue
    return json.dumps({"kernels": kernels, **sums})


def _kernel(said: dict[str, Any], person: str) -> dict[str, Any]:
    return {"person": person, "busy": said.get("busy") is True, "since": str(said.get("since", ""))[:40]}
