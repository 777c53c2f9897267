from __future__ import annotations

import re

from doc_resources import role_permissions

PAGE = role_permissions.PAGE.read_text(encoding="utf-8")


def test_the_permissions_of_roles_are_current():
    assert role_permissions.rewritten(PAGE) == PAGE, "run `make docs`"


def test_every_role_is_listed():
    listed = {file for files in role_permissions.ROLES.values() for file in files}
    # The README of the deploying role lists its permissions.
    assert {file for file in role_permissions.policy_files() - listed if "deployment_role" not in file} == set()


def test_every_threat_has_an_existing_test():
    references = re.findall(r"`([\w/.]+)::(\w+)`", PAGE)
    assert len(references) >= 15
    assert [
        (file, name)
        for file, name in references
        if not re.search(rf"\b{name}\b", (role_permissions.REPOSITORY / file).read_text(encoding="utf-8"))
    ] == []
