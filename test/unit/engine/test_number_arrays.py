from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.engine.number_arrays import number_array


@given(
    values=st.lists(st.integers(-(2**31), 2**31 - 1)), kind=st.sampled_from(["int32", "int64"]), step=st.integers(1, 3)
)
def test_arrays_have_the_values_and_the_type_of_numpy(values, kind, step):
    numbers = np.array(values, dtype=kind)[::step]
    assert number_array(numbers).equals(pa.array(numbers))


def test_the_conversion_does_not_import_masked_arrays():
    program = (
        "import sys, numpy; from datalake_sdk.engine.number_arrays import number_array; number_array(numpy.zeros(3)); "
        "print('numpy.ma' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
