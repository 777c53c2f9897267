"""Regular expressions, and strings on which engines could disagree about them."""

from __future__ import annotations

PATTERNS = (
    *(r"^[A-Z]{2}\d+$", r"a$|b", r"[\s\S]*x$", "^.$", r"^\s$", r"^\S$", r"[^\s,]", "^[a-c-e]+$", r"^\w+$", r"^\d$"),
    *("^[^a]$", "a}]", "^(?:a|b)+?$", r"^[\w.-]+@x", "^$", "", r"^\x41\t?$", r"^[\S]$", r"^[^\S]$", "^é+$", "a{2,3}$"),
)
STRINGS = (
    *("", "a", "a\n", "b", "AB12", "AB12\n", "ax", "x\n", "ab", "aaa", "aaaa\n", "abab", "a-ce", "-", "a}]", "a.b@x"),
    *("A", "A\t", "\r", "\n", "\t", "\x0b", "\x00", " ", ",", "\u2028", "\u0085", "\u00a0", "e", "é", "é\n", "\uff11"),
    *("\u0661", "😀"),
)
