"""Tests of the agent that start its processes, and attacks on it."""
