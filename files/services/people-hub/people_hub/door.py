"""Who somebody is: nginx says so at every request, with a secret that only nginx has."""

import hmac

from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.log import log_request
from tornado import web

SECRET = "X-Door-Secret"


class Door(Authenticator):
    """Has no sign-in of its own: a request without the door's secret is refused."""

    auto_login = True

    def login_url(self, base_url):
        return f"{base_url}refused"

    def get_handlers(self, app):
        return [("/refused", Refused)]

    async def authenticate(self, handler, data):
        return data


class Refused(BaseHandler):
    """A request without the door's secret ends here."""

    def get(self):
        raise web.HTTPError(403)


def use_door(secret):
    """
    Makes JupyterHub ask nginx's headers who a request is from, and nothing else.

    Its own cookie would outlive a sign-out, or the session of another person in the same browser. JupyterHub has no setting for
    this.
    """

    async def user_of_door(handler):
        if not hasattr(handler, "_jupyterhub_user"):
            handler._jupyterhub_user = None
            name = handler.request.headers.get("X-Server-Name", "")
            sent = handler.request.headers.get(SECRET, "")
            if name and hmac.compare_digest(sent.encode(), secret.encode()):
                handler._jupyterhub_user = await handler.auth_to_user({"name": name})
        return handler._jupyterhub_user

    BaseHandler.get_current_user = user_of_door


def log_without_secret(handler):
    """Writes JupyterHub's line about a request that has been answered. After an error, the line has all headers."""
    handler.request.headers.pop(SECRET, None)
    log_request(handler)
