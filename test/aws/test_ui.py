from __future__ import annotations

from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.ui.security import Access
from test.unit.ui.conftest import browse


def test_the_catalogue_of_a_domain_is_exported_and_browsed(program, monkeypatch, tmp_path):
    assert program.ingest().exit_code == 0
    exported = program.run("ui", "--export", str(tmp_path / "site"))
    assert (exported.exit_code, "errors  0" in exported.stdout) == (0, True)
    page = (tmp_path / "site/tables/sales.orders.html").read_text(encoding="utf-8")
    assert "dev_sales.orders" in page
    for name, value in program.aws.environment.items():
        monkeypatch.setenv(name, value)
    with browse(open_platform(resolve_environment("shop", "sales", "dev")), Access()) as pages:
        assert "Nîmes" in pages.get("/tables/sales.orders/sample").text
        assert '<span class="badge good">succeeded</span>' in pages.get("/runs").text
        assert "Estimated from list prices" in pages.get("/cost").text
        assert pages.get("/tables/sales.unknown").status_code == 404
