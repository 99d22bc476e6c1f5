"""A socket that listens, or one clear line that says why not."""

import errno
import socket
import sys


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address of this machine; port 0 is any that is free.

    Raises `OSError` with a message that says what to do.
    """
    if port not in range(65_536):  # else it would be taken modulo 65,536
        raise OSError(f"a port is a number from 0 to 65535, not {port!r}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OSError(f"the host {host!r} is not known; 127.0.0.1 is this machine") from None
    # `localhost` may be two addresses. The one that is always there goes first.
    family, kind, protocol, _, name = min(found, key=lambda info: info[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    if sys.platform != "win32":  # there it would let two programs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(name)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, _reason(error, host, port)) from None
    return listener


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken: stop what uses it, or choose another (0: any free port)"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; 127.0.0.1 always is"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used here: choose another (0: any free port)"
    return f"cannot listen on {host}, port {port}: {error.strerror}"
