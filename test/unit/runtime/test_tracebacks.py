from __future__ import annotations

import pytest

from datalake_sdk.runtime.tracebacks import raising_line

WRAPPER = (
    '  File "/opt/datalake_sdk/base_processing_wrapper.py", line 167, in processing_function\n    return main(self)\n'
)
OWN = '  File "/task/code/main.py", line 6, in main\n    raise ValueError\n'
INSTALLED = '  File "/home/ada/code/.venv/lib/python3.13/site-packages/dlt/load.py", line 3, in run\n    load()\n'
LIBRARY = '  File "/usr/lib/pandas/frame.py", line 9, in DataFrame.merge\n    raise KeyError\n'


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (WRAPPER + OWN, "code/main.py, line 6, in main"),
        (WRAPPER + OWN + LIBRARY, "code/main.py, line 6, in main"),
        (OWN + INSTALLED, "code/main.py, line 6, in main"),
        (WRAPPER + LIBRARY, "/usr/lib/pandas/frame.py, line 9, in DataFrame.merge"),
        ("", ""),
    ],
    ids=["own code", "a library called by it", "a library in a folder named code", "no own code", "no traceback"],
)
def test_the_line_of_the_tasks_code_that_raised_is_found(frames, expected):
    cause = "load: ValueError: x\n\n" + (
        f"Traceback (most recent call last):\n{frames}ValueError: x\n" if frames else ""
    )
    assert raising_line(cause) == expected
