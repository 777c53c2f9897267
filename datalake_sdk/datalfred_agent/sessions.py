"""Stored conversations: in the technical bucket on AWS, in the folder of an embedded lake."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from datalake_sdk.datalfred_agent.pending import PendingCalls
from datalake_sdk.errors import DatalakeError, InvalidSessionIdError, SessionStorageError, UnknownSessionError
from datalake_sdk.platforms.base import Platform

if TYPE_CHECKING:
    from strands.session import SessionManager
    from strands.storage import Storage

logger = logging.getLogger(__name__)

_FOLDER = "datalfred"
_SESSION_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SESSIONS_SHOWN = 20


@dataclass(frozen=True)
class Session:
    """A stored conversation.

    Args:
        identifier: Its id.
        manager: Restores it when an agent is created with it, and stores it after each answer.
        pending: Stores the call that waits for an approval.
    """

    identifier: str
    manager: SessionManager[Any]
    pending: PendingCalls


class Sessions:
    """The sessions of an environment."""

    def __init__(self, platform: Platform) -> None:
        self._storage = _SessionStorage(platform, _storage(platform))

    async def open(self, identifier: str | None = None) -> Session:
        """Opens a session.

        Args:
            identifier: Session to resume; None starts one with a new id.

        Raises:
            InvalidSessionIdError: The id contains other characters than lower-case letters, digits and dashes.
            UnknownSessionError: The session does not exist.
            SessionStorageError: The storage cannot be read.
        """
        from strands.session import SnapshotSessionManager

        if identifier is not None:
            await self._check(identifier)
        # The times of ids sort sessions.
        opened = identifier or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"
        manager = SnapshotSessionManager(opened, storage=self._storage)
        return Session(opened, manager, PendingCalls(opened, self._storage))

    async def identifiers(self) -> list[str]:
        """Ids of the last sessions, latest first."""
        keys = await self._storage.list("session/")
        return sorted({key.split("/")[1] for key in keys}, reverse=True)[:_SESSIONS_SHOWN]

    async def _check(self, identifier: str) -> None:
        if not _SESSION_ID.fullmatch(identifier):
            raise InvalidSessionIdError(identifier)
        if not await self._storage.list(f"session/{identifier}/"):
            raise UnknownSessionError(identifier, await self.identifiers())


class _SessionStorage:
    """A storage whose failures are errors of the SDK; a failure to write is only logged, since the answer exists.

    Args:
        platform: Its errors of services are translated.
        storage: Storage of strands.
    """

    def __init__(self, platform: Platform, storage: Storage) -> None:
        self._platform = platform
        self._storage = storage

    async def write(self, key: str, data: bytes) -> None:
        try:
            with self._errors("stored"):
                await self._storage.write(key, data)
        except SessionStorageError as error:
            logger.warning("%s. %s", error.message, error.hint)

    async def read(self, key: str) -> bytes | None:
        with self._errors("read"):
            return await self._storage.read(key)

    async def delete(self, key: str) -> None:
        with self._errors("deleted"):
            await self._storage.delete(key)

    async def list(self, query: str = "") -> list[str]:
        with self._errors("listed"):
            return await self._storage.list(query)

    async def search(self, query: str) -> Any:
        return await self._storage.search(query)

    @contextmanager
    def _errors(self, operation: str) -> Iterator[None]:
        from strands.types.exceptions import StorageError

        try:
            yield
        except StorageError as error:
            raise SessionStorageError(operation, self._reason(error.__cause__ or error)) from error

    def _reason(self, cause: BaseException) -> str:
        try:
            with self._platform.service_errors():
                raise cause
        except DatalakeError as error:
            return error.message
        except OSError as error:
            return error.strerror or str(error)
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def _storage(platform: Platform) -> Storage:
    from strands.storage import LocalFileStorage, S3Storage

    environment = platform.environment
    if environment.local_root is None:
        return S3Storage(environment.technical_bucket, prefix=_FOLDER, boto_session=platform.boto_session)
    folder = Path(environment.local_root).expanduser().resolve() / environment.technical_bucket / _FOLDER
    # Files inside are readable for everyone, but not reachable.
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SessionStorageError("stored", f"{error.strerror}: '{folder}'") from error
    return LocalFileStorage(str(folder))
