#!/opt/conda/bin/python
"""As in the original: ask the server whose record lies in the runtime folder, whatever its port and base path."""

import json
import subprocess
import urllib.request
from pathlib import Path

runtime = Path(subprocess.check_output(["jupyter", "--runtime-dir"], text=True).strip())
record = next(runtime.glob("*server-*.json"))
url = json.loads(record.read_bytes())["url"]
with urllib.request.urlopen(f"{url}api", timeout=5) as answer:
    print(answer.read().decode())
