"""Which hosts are this machine, whatever DNS says: the loopback addresses, and localhost."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host in lower case always stands for this machine. No DNS is asked.

    The names are those of RFC 6761, section 6.3.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
