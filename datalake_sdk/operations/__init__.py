"""Use-cases: each does one thing for the command line, the wrappers and the agent alike, and prints nothing."""
