"""Tables of one stage copied to another."""
