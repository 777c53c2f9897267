"""`python -m datalake_sdk.cli` is the program `datalake_sdk`."""

from datalake_sdk.cli.main import cli

if __name__ == "__main__":
    cli(prog_name="datalake_sdk")
