"""Usage and cost of a session."""

from __future__ import annotations

from collections.abc import Mapping

from datalake_sdk.datalfred_agent.conversation import Conversation
from datalake_sdk.datalfred_agent.prices import Price, price_of


def cost_lines(conversation: Conversation, prices: Mapping[str, Price]) -> list[str]:
    """Describes the usage and the cost of a session in a few lines.

    Args:
        conversation: Conversation of the session.
        prices: Prices of models.
    """
    tokens, queries = conversation.tokens, conversation.queries.session
    lines = [
        f"tokens: {tokens.input:,} input, {tokens.output:,} output, "
        f"{tokens.cache_read:,} read from cache, {tokens.cache_write:,} written to cache",
        f"queries: {queries.queries:,}, {queries.scanned_bytes / 1e6:,.1f} MB scanned, about ${queries.cost:.4f}",
    ]
    model = conversation.model
    price = price_of(model.price_id, prices)
    if price is None:
        return [*lines, f"model {model.name}: no price is known; pass one with --prices"]
    cost = price.cost(tokens)
    cheaper = [
        f"{name}: about ${other.cost(tokens):.4f}" for name, other in prices.items() if other.cost(tokens) < cost
    ]
    return [*lines, f"model {model.name}: about ${cost:.4f}", *(f"  with {line}" for line in cheaper)]
