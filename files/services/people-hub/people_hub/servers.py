"""What all servers of people have in common, wherever they run."""

from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest

PORT = 8888
# Seconds between two looks at a server that starts.
PAUSE = 0.25


class NotStarted(Exception):
    """A server that did not start. JupyterHub shows the text to its person."""

    def __init__(self, words):
        super().__init__(words)
        self.jupyterhub_message = words


async def is_up(url):
    """Whether a server answers, whatever it says."""
    try:
        await AsyncHTTPClient().fetch(HTTPRequest(f"{url}/api", connect_timeout=2, request_timeout=2))
    except HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True
