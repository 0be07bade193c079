"""The exceptions of the borders; everything between them reports problems as values.

KcLineageError
├── RecipeError          a recipe that cannot be used: names file and field
├── ConnectError         the Connect side
│   ├── ConnectUnavailable   no usable answer within the retries: connection, timeout, 5xx, HTML, truncated JSON
│   ├── ConnectRefused       401, 403: credentials or rights
│   ├── ConnectNotFound      404
│   └── ConnectUnaddressable 400: no path of the worker carries the connector's name
├── SinkError            DataHub could not be written: one line per cause
└── StateError           the state folder cannot be used, or another run holds its lock

Messages are one clear line: what is wrong, where, what to do. They never hold a secret.
"""


class KcLineageError(Exception):
    """The root of this project's own exceptions."""


class RecipeError(KcLineageError):
    """A recipe cannot be used; the message names the file and the field."""


class ConnectError(KcLineageError):
    """A Connect cluster, or a saved one, could not be read."""


class ConnectUnavailable(ConnectError):
    """No usable answer within the retries."""


class ConnectRefused(ConnectError):
    """The worker refuses the credentials or the request (401, 403)."""


class ConnectNotFound(ConnectError):
    """The worker does not know the path (404)."""


class ConnectUnaddressable(ConnectError):
    """The worker refuses the path itself (400)."""


class SinkError(KcLineageError):
    """DataHub did not acknowledge all that was sent."""


class StateError(KcLineageError):
    """The state folder cannot be used, or another run holds it."""
