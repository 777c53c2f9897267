"""`python -m datalake_sdk.cli` is the program `datalake_sdk`."""

from datalake_sdk.cli.main import main

if __name__ == "__main__":
    main()
