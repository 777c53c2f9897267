"""Pages of a long list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from datalake_sdk.ui.page import Path

PAGE_SIZE = 50
Item = TypeVar("Item")


@dataclass(frozen=True)
class Slice(Generic[Item]):
    """One page of a list.

    Args:
        items: Items of the page.
        number: Number of the page, from 1.
        count: Number of pages, at least 1.
        total: Number of items of all pages.
        base: Path of the first page; other pages have `page` and their number after it.
    """

    items: tuple[Item, ...]
    number: int
    count: int
    total: int
    base: Path

    @property
    def first(self) -> int:
        """Position of the first item, from 1; 0 for an empty list."""
        return min(self.total, (self.number - 1) * PAGE_SIZE + 1)

    @property
    def last(self) -> int:
        """Position of the last item, from 1."""
        return min(self.total, self.number * PAGE_SIZE)

    def path(self, number: int) -> Path:
        """Returns the path of a page."""
        return list_path(self.base, number)


def sliced(items: Sequence[Item], number: int, base: Path) -> Slice[Item] | None:
    """Returns a page of a list; None if the list has no such page.

    Args:
        items: The list.
        number: Number of the page, from 1.
        base: Path of the first page.
    """
    count = page_count(len(items))
    if not 1 <= number <= count:
        return None
    start = (number - 1) * PAGE_SIZE
    return Slice(tuple(items[start : start + PAGE_SIZE]), number, count, len(items), base)


def page_count(total: int) -> int:
    """Returns the number of pages of a list."""
    return max(1, -(-total // PAGE_SIZE))


def list_path(base: Path, number: int) -> Path:
    """Returns the path of a page of a list.

    Args:
        base: Path of the first page.
        number: Number of the page, from 1.
    """
    return base if number == 1 else (*(base or ("tables",)), "page", str(number))
