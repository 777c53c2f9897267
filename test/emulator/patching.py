"""Patches of moto's private functions, with fingerprints that detect changes in moto."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Patch:
    """A function that replaces one of moto's, or that is added to moto.

    Attributes:
        owner: Class or module that holds the function.
        name: The function's name there.
        fingerprint: Fingerprint of the source that the patch was written for; None if moto has no such function.
        function: Called with moto's function, if there is one, and then with its arguments.
    """

    owner: Any
    name: str
    fingerprint: str | None
    function: Function

    @property
    def label(self) -> str:
        return f"{getattr(self.owner, '__module__', '')}.{self.owner.__name__}.{self.name}".lstrip(".")

    def stock_fingerprint(self) -> str | None:
        """Returns the fingerprint of moto's function, whether the patch is installed or not."""
        held = self._held()
        return None if held in (None, self.function) else fingerprint(held)

    def install(self) -> None:
        held = self._held()
        if held is None:
            setattr(self.owner, self.name, self.function)
            return
        stock = _unwrapped(held)

        @functools.wraps(stock)
        def patched(*arguments: Any, **named: Any) -> Any:
            return self.function(stock, *arguments, **named)

        keeps_kind = isinstance(held, staticmethod | classmethod | property)
        setattr(self.owner, self.name, type(held)(patched) if keeps_kind else patched)

    def _held(self) -> Any:
        return inspect.getattr_static(self.owner, self.name, None)


@dataclass
class ServicePatches:
    """Patches of one service; each module of a service has one instance, named PATCHES."""

    service: str
    patches: list[Patch] = field(default_factory=list)
    commands: dict[str, Function] = field(default_factory=dict)
    applications: dict[str, Function] = field(default_factory=dict)
    at_start: list[Function] = field(default_factory=list)
    at_reset: list[Function] = field(default_factory=list)

    def replace(self, owner: Any, name: str, fingerprint: str) -> Callable[[Function], Function]:
        """Decorates a function that replaces moto's, which it receives as its first argument."""
        return self._patch(owner, name, fingerprint)

    def add(self, owner: Any, name: str) -> Callable[[Function], Function]:
        """Decorates a function that moto lacks."""
        return self._patch(owner, name, None)

    def command(self, function: Function) -> Function:
        """Decorates a function that `aws.control("name", **arguments)` calls in the server, with JSON in and out."""
        self.commands[function.__name__] = function
        return function

    def application(self, path: str) -> Callable[[Function], Function]:
        """Decorates a WSGI application that serves all paths below `path`, outside of the service's API."""

        def register(function: Function) -> Function:
            self.applications[path] = function
            return function

        return register

    def on_start(self, function: Function) -> Function:
        """Decorates a function that runs once, after all patches are installed and before the first request."""
        self.at_start.append(function)
        return function

    def on_reset(self, function: Function) -> Function:
        """Decorates a function that runs before each reset and before the server stops."""
        self.at_reset.append(function)
        return function

    def install(self) -> None:
        for patch in self.patches:
            patch.install()

    def _patch(self, owner: Any, name: str, mark: str | None) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            self.patches.append(Patch(owner, name, mark, function))
            return function

        return register


def fingerprint(function: Any) -> str:
    """Returns 12 hex digits of the SHA-256 of a function's source; if it is patched, of moto's original."""
    return hashlib.sha256(inspect.getsource(_unwrapped(function)).encode()).hexdigest()[:12]


def _unwrapped(held: Any) -> Any:
    if isinstance(held, property):
        return held.fget
    return held.__func__ if isinstance(held, staticmethod | classmethod) else held
