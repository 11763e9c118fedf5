"""Takes the place of the package rfc3987_syntax in the server, so that it starts three times as fast.

jsonschema imports that package for the formats iri and iri-reference, which no schema of Jupyter uses, and does without it if it
is missing. Importing it builds 35 parsers, which takes most of the processor time of the server's start.
https://github.com/jupyter-server/jupyter_server/issues/1559
"""

raise ImportError("JupyterLab starts without this package")
