"""The performance claims, as programs that print ratios."""
