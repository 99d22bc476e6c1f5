"""What one client may take, and under which names a server may be asked for."""

from chatkit.limits.body import BodyLimit
from chatkit.limits.connection import Connection
from chatkit.limits.hosts import HostCheck
from chatkit.limits.streams import OpenStreams

__all__ = ["BodyLimit", "Connection", "HostCheck", "OpenStreams"]
