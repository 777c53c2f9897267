"""Datalfred: an agent that answers questions from the lake."""
