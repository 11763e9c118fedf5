"""The files of a person's server, as a ConfigMap has them."""


def paths_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def key_of(path):
    """The key of a file in a ConfigMap, where keys have no slashes."""
    return path.replace("/", "--")
