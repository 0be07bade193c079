"""The exceptions that reading recipes, Connect, DataHub and the state may raise; derivation reports problems as values.

KcLineageError
├── RecipeError          a recipe that cannot be used: names file and field
├── ConnectError         the Connect side
│   ├── ConnectUnavailable   no usable answer within the retries: connection, timeout, 5xx, HTML, truncated JSON
│   ├── ConnectRefused       401, 403: credentials or rights
│   ├── ConnectNotFound      404
│   └── ConnectUnaddressable 400: no path of the worker carries the connector's name
├── SinkError            DataHub could not be written: one line per cause
├── StateError           the state cannot be used, or another run holds its lock
└── EventLogError        Dagster's storage did not take an event

A message is one line that says what is wrong, where, and what to do. No message holds a secret.
"""


class KcLineageError(Exception):
    """The base class of this project's own exceptions."""


class RecipeError(KcLineageError):
    """A recipe cannot be used; the message names the file and the field."""


class ConnectError(KcLineageError):
    """A Connect cluster, or a saved one, could not be read.

    Who has to decide by an error reads its class and these fields, never its text.

    Args:
        reason: What is wrong and what to do, in one line.
        where: The request or file that the reason is about; empty where the reason says so itself.
        status: The HTTP status of the answer; None where there was none, or none that counts.
        said: The worker's own message about that status, without secrets; empty where it gave none.
    """

    def __init__(self, reason: str, where: str = "", status: int | None = None, said: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason, self.where, self.status, self.said = reason, where, status, said


class ConnectUnavailable(ConnectError):
    """The worker gave no usable answer within the retries."""


class ConnectRefused(ConnectError):
    """The worker refuses the credentials or the request (401, 403)."""


class ConnectNotFound(ConnectError):
    """The worker does not know the path, for example of a connector that was deleted meanwhile (404)."""


class ConnectUnaddressable(ConnectError):
    """The worker refuses the path itself, because it holds a name that no path can carry (400)."""


class SinkError(KcLineageError):
    """The recipe's sink cannot be used, or DataHub did not acknowledge all that was sent."""


class StateError(KcLineageError):
    """The state (a SQLite file with its folder, or a PostgreSQL database) cannot be used, or another run holds it."""


class EventLogError(KcLineageError):
    """Dagster's storage did not take an event, so that the run cannot show what it did."""
