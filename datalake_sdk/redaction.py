"""Removes secrets from text that leaves the environment it was written in: logs, inputs and messages of errors."""

from __future__ import annotations

import re

MASK = "[redacted]"

_VALUE = r"(?!\[redacted)(?:\\\"[^\"\\\n]*(?:\\\")?|\"[^\"\n]*\"?|'[^'\n]*'?|[^\s\"'\\,;&)}\]]+)"
_SECRET_NAME = (
    r"[\w.-]{0,64}(?:password|passwd|pwd|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key)"
    r"[\w.-]{0,64}"
)
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE if ignores_case else 0), replacement)
    for pattern, replacement, ignores_case in (
        (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK, False),
        # Everything after the name of the header, since schemes have parameters.
        (r"\b((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?)[^\"'\r\n]+", rf"\1{MASK}", True),
        (r"\b((?:set-)?cookie[\"']?\s*:\s*[\"']?)[^\"'\r\n]+", rf"\1{MASK}", True),
        (r"\b(bearer\s+)[\w.~+/=-]{8,}", rf"\1{MASK}", True),
        (r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,256}:)[^\s/@]{1,1024}@", rf"\1{MASK}@", True),
        (r"(https://hooks\.slack(?:-gov)?\.com/)[\w/-]+", rf"\1{MASK}", True),
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        (r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", MASK, False),
        # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        (r"(X-Amz-(?:Credential|Security-Token|Signature)=)[^&\s\"']+", rf"\1{MASK}", True),
        # https://docs.slack.dev/authentication/tokens
        (r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}|\bxapp-[\w-]{8,}", MASK, False),
        (r"\b(?:gh[opsur]_|github_pat_|glpat-|sk-ant-|sk-|pypi-)[\w-]{16,}", MASK, False),
        # https://datatracker.ietf.org/doc/html/rfc7519
        (r"\beyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)?", MASK, False),
        (rf"(?<![\w.-])({_SECRET_NAME}\\?[\"']?\s{{0,4}}(?:=>|[:=])\s{{0,4}}){_VALUE}", rf"\1{MASK}", True),
        (rf"(--{_SECRET_NAME}\s{{1,4}}){_VALUE}", rf"\1{MASK}", True),
        # A secret access key without its name; hexadecimal digests of this length have no upper-case letters.
        (
            r"(?<![\w/+=.-])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}\d)[A-Za-z0-9/+]{40}(?![\w/+=.-])",
            MASK,
            False,
        ),
    )
)
"""Patterns of secrets and their replacements; repetitions are bounded, so the time is linear in the text's length."""


def redacted(text: str) -> str:
    """Replaces secrets in text with `[redacted]`.

    These are keys of AWS, tokens of common services, private keys, credentials in URLs and headers, and the values of
    names such as `password` or `API_TOKEN`. Secrets in another form are not recognized.

    Args:
        text: Text of any length, for example lines of a log.
    """
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
