# As in the original: listen on every address, keep the browser shut.
c = get_config()  # noqa: F821
c.ServerApp.ip = ""
c.ServerApp.open_browser = False
