"""Sockets that servers on this machine listen on."""

from __future__ import annotations

import errno
import os
import socket

from datalake_sdk.errors import PortInUseError, UnusableHostError

LOOPBACK = "127.0.0.1"


def listening_socket(port: int, host: str = LOOPBACK) -> socket.socket:
    """Opens a port.

    Args:
        port: Port; 0 chooses a free one.
        host: Name or address of this machine.

    Raises:
        UnusableHostError: The address is none of this machine.
        PortInUseError: The port cannot be opened.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        code = error.errno or 0
        if code < 0:
            # https://man7.org/linux/man-pages/man3/getaddrinfo.3.html
            raise UnusableHostError(host, "the name cannot be resolved") from error
        unusable = UnusableHostError(host, os.strerror(code)) if code == errno.EADDRNOTAVAIL else None
        raise unusable or PortInUseError(port, os.strerror(code) if code else str(error)) from error
