"""The call that waits for an approval, stored with its session so that it can be resumed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from datalake_sdk.errors import BrokenSessionError

if TYPE_CHECKING:
    from strands.storage import Storage


@dataclass(frozen=True)
class PendingCall:
    """A call of a tool.

    Args:
        tool: Name of the tool.
        arguments: Arguments as the model passed them; they are checked again before the user is asked.
    """

    tool: str
    arguments: Any


@dataclass(frozen=True)
class PendingCalls:
    """Stores the call of one session that waits for an approval.

    Args:
        session: Id of the session.
        storage: Storage of the sessions.
    """

    session: str
    storage: Storage

    async def store(self, call: PendingCall) -> None:
        """Stores a call before the user is asked."""
        await self.storage.write(self._key, json.dumps(asdict(call)).encode())

    async def clear(self) -> None:
        """Removes the call once the user has answered."""
        await self.storage.delete(self._key)

    async def read(self) -> PendingCall | None:
        """Returns the pending call; None if there is none.

        Raises:
            BrokenSessionError: The stored call is invalid; it is removed.
        """
        stored = await self.storage.read(self._key)
        if stored is None:
            return None
        try:
            return PendingCall(**json.loads(stored))
        except (TypeError, ValueError) as error:
            await self.clear()
            raise BrokenSessionError(self.session, f"its pending call is invalid: {error}") from error

    @property
    def _key(self) -> str:
        return f"session/{self.session}/pending.json"
