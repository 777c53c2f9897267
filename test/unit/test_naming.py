from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk import naming
from datalake_sdk.errors import InvalidNameError


@given(st.text(max_size=40))
def test_a_normalized_column_name_is_lower_snake_case_or_empty(name):
    assert re.fullmatch(r"([a-z_][a-z0-9_]*)?", naming.normalized_column_name(name))


@given(st.text(max_size=40))
def test_normalizing_twice_changes_nothing(name):
    once = naming.normalized_column_name(name)
    assert naming.normalized_column_name(once) == once


@given(st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True))
def test_a_name_in_snake_case_is_unchanged(name):
    assert naming.normalized_column_name(name) == name


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Order ID", "order_id"),
        ("arrTime", "arr_time"),
        ("HTTPServer", "http_server"),
        ("Départ (heure)", "depart_heure"),
        ("2nd choice", "_2nd_choice"),
        ("東京", "dong_jing"),
        ("名前 2", "ming_qian_2"),
        ("Имя клиента", "imya_klienta"),
        ("ЦЕНА", "tsena"),
        ("Цена/шт", "tsena_sht"),
        ("БОЛЬШЕ", "bolshe"),
        ("датаПлатежа", "data_platezha"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Τιμή", "timi"),
        ("السعر", "lsr"),
        ("이름", "i_leum"),
        ("ガソリン", "gasorin"),
        ("हिन्दी", "hindi"),
        ("e\u0301tat", "etat"),
        ("½ prix", "_1_2_prix"),
        ("prix (€)", "prix"),
        ("°C", "c"),
        ("№ п/п", "no_p_p"),
        ("€", ""),
    ],
)
def test_column_names_are_normalized(name, stored):
    assert naming.normalized_column_name(name) == stored


@given(st.text("abc_", min_size=1, max_size=100), st.integers(12, 64))
def test_a_shortened_name_fits_and_ends_with_its_hash(name, limit):
    short = naming.shortened(name, limit)
    assert len(short) <= limit
    if len(name) > limit:
        assert short.endswith("_" + hashlib.sha1(name.encode()).hexdigest()[:9])
    else:
        assert short == name


def test_a_bucket_name_that_is_too_long_is_rejected_not_shortened():
    with pytest.raises(InvalidNameError, match="at most 63 characters"):
        naming.data_bucket_name("p" * 30, "d" * 30, "dev")


@pytest.mark.parametrize("value", ["Sales", "1st", "a-b", "", "a.b", "x" * 256, "é"])
def test_a_name_that_a_service_rejects_is_rejected(value):
    with pytest.raises(InvalidNameError) as caught:
        naming.check_identifier("table_name", value)
    assert f"table_name is '{value}'" in str(caught.value)
