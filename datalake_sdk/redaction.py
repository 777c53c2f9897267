"""Removes secrets from text that leaves the environment it was written in: logs, inputs and messages of errors."""

from __future__ import annotations

import re
from functools import cache

MASK = "[redacted]"

_QUOTE = r"\\*[\"']?"
"""Also in JSON within JSON."""
_STRING = (
    r"\\+\"[^\"\\\n]*(?:\\+\")?"
    r"|[bruf]{0,2}(?:\"\"\"[^\"]*\"{0,3}|'''[^']*'{0,3}|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?)"
)
_WORD = r"(?:[^\s\"'\\,;&)}\]]|[,;&)](?![\s\"'\\,;&)}\]]|$|[\w.-]{1,64}\s{0,4}[:=]))+"
"""Separators are part of it if no other name or the end follows."""
_VALUE = (
    r"(?!\[redacted|(?:None|null|true|false)\b)"
    rf"(?:{_STRING}|\[[^\]\n]*\]?|\{{[^}}\n]*\}}?|{_WORD})"
)
_SECRET_NAME = (
    r"[\w.-]{0,64}(?:password|passwd|pwd|passphrase|secret|token|credential|[_-]pass(?![a-z])"
    r"|(?:api|access|account|private)[_-]?key)[\w.-]{0,64}"
)
_HARMLESS = (
    # ARNs and actions of Secrets Manager, which errors about permissions contain.
    r"(?<!:\d{12}:)(?!secretsmanager:)"
    r"(?!(?:OLD)?PWD=/|tokeni[sz]|[\w.-]{0,128}(?:error|exception|warning)\b)"
    rf"(?![\w.-]{{0,64}}tokens{_QUOTE}\s{{0,4}}[:=]\s{{0,4}}\d{{1,7}}\b)"
)
"""Condition for names that contain a word of secret names, but do not name one."""
_ASSIGNMENT = rf"(?<![\w.-]){_HARMLESS}({_SECRET_NAME}{_QUOTE}\s{{0,4}}(?:=>|==?|:)\s{{0,4}}){_VALUE}"
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KeyValuePair.html
_NAME_FIELD = rf"{_QUOTE}\bname{_QUOTE}: ?{_QUOTE}{_SECRET_NAME}{_QUOTE}"
_VALUE_FIELD = rf"{_QUOTE}\bvalue{_QUOTE}: ?"
_PATTERNS = (
    (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK, False),
    # Everything after the name of the header, since schemes have parameters.
    (r"\b((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?)[^\"'\r\n]+", rf"\1{MASK}", True),
    (r"\b((?:set-)?cookie[\"']?\s*:\s*[\"']?)[^\"'\r\n]+", rf"\1{MASK}", True),
    (r"\b(bearer\s+)[\w.~+/=-]{8,}", rf"\1{MASK}", True),
    (r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,256}:)[^\s/]{1,1024}@", rf"\1{MASK}@", True),
    (r"(https://hooks\.slack(?:-gov)?\.com/)[\w/-]+", rf"\1{MASK}", True),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    (r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", MASK, False),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    (r"(X-Amz-(?:Credential|Security-Token|Signature)=)[^&\s\"']+", rf"\1{MASK}", True),
    # https://docs.slack.dev/authentication/tokens
    (r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}|\bxapp-[\w-]{8,}", MASK, False),
    (r"\b(?:gh[opsur]_|github_pat_|glpat-|[rs]k_live_|hf_|npm_|AIza|pypi-AgE)[\w-]{16,}", MASK, False),
    (r"\bsk-(?=[\w-]{0,99}\d)[\w-]{16,}", MASK, False),
    # https://datatracker.ietf.org/doc/html/rfc7519
    (r"\beyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)?", MASK, False),
    (_ASSIGNMENT, rf"\1{MASK}", True),
    (rf"(--{_SECRET_NAME}\s{{1,4}}){_VALUE}", rf"\1{MASK}", True),
    (rf"({_NAME_FIELD}, ?{_VALUE_FIELD}){_VALUE}", rf"\1{MASK}", True),
    (rf"({_VALUE_FIELD}){_VALUE}(, ?{_NAME_FIELD})", rf"\1{MASK}\2", True),
    # A secret access key without its name; hexadecimal digests of this length have no upper-case letters.
    (
        r"(?<![\w/+.-])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}\d)[A-Za-z0-9/+]{40}(?![\w/+=.-])",
        MASK,
        False,
    ),
)
"""Patterns of secrets, their replacements and whether they ignore case; repetitions are bounded, so the time is linear
in the text's length."""


def redacted(text: str) -> str:
    """Replaces secrets in text with `[redacted]`.

    These are keys of AWS, tokens of common services, private keys, credentials in URLs and headers, and the values of
    names such as `password` or `API_TOKEN`. Secrets in another form are not recognized.

    Args:
        text: Text of any length, for example lines of a log.
    """
    for pattern, replacement in _compiled_patterns():
        text = pattern.sub(replacement, text)
    return text


@cache
def _compiled_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(pattern, re.IGNORECASE if ignores_case else 0), replacement)
        for pattern, replacement, ignores_case in _PATTERNS
    )
