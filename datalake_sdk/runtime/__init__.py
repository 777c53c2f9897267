"""The runtime contract of a task: environment variables, callbacks, signals and logs."""
