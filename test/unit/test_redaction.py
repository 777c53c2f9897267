from __future__ import annotations

import pytest

from datalake_sdk.redaction import redacted

ACCESS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2 next", "password=[redacted] next"),
        ('{"db_password": "hun ter2", "x": 1}', '{"db_password": [redacted], "x": 1}'),
        (r'"{\"token\": \"abc\", \"x\": 1}"', r'"{\"token\": [redacted], \"x\": 1}"'),
        ("DB_PASSWORD='hun ter2'", "DB_PASSWORD=[redacted]"),
        ("--password s3cr3t --table orders", "--password [redacted] --table orders"),
        ("apiKey: abc", "apiKey: [redacted]"),
        ("DB_PASS=hunter2", "DB_PASS=[redacted]"),
        ("AccountKey=hunter2==;EndpointSuffix=core", "AccountKey=[redacted];EndpointSuffix=core"),
        ("{'password': b'hunter2'}", "{'password': [redacted]}"),
        ('password = """hun\nter2"""', "password = [redacted]"),
        (r'{"password": "hun\"ter2", "x": 1}', '{"password": [redacted], "x": 1}'),
        (r"\\\"password\\\":\\\"hunter2\\\",", r"\\\"password\\\":[redacted],"),
        ('{"tokens": ["hunter2", "hunter3"], "x": 1}', '{"tokens": [redacted], "x": 1}'),
        ('{"password": {"plain": "hunter2"}}', '{"password": [redacted]}'),
        ("password=hun&ter,2)x, x=1", "password=[redacted], x=1"),
        ("?access_token=hunter2&x=1", "?access_token=[redacted]&x=1"),
        ("password == 'hunter2'", "password == [redacted]"),
        ('{"Name":"DB_PASSWORD","Value":"hunter2"}', '{"Name":"DB_PASSWORD","Value":[redacted]}'),
        ("{'value': 'hunter2', 'name': 'DB_PASSWORD'}", "{'value': [redacted], 'name': 'DB_PASSWORD'}"),
        (r"{\"Name\":\"DB_PASSWORD\",\"Value\":\"hunter2\"}", r"{\"Name\":\"DB_PASSWORD\",\"Value\":[redacted]}"),
        ("Authorization: Bearer abc.def", "Authorization: [redacted]"),
        (
            "'Authorization': 'AWS4-HMAC-SHA256 Credential=x, Signature=y', 'Host'",
            "'Authorization': '[redacted]', 'Host'",
        ),
        ("sent Bearer abcdefghij", "sent Bearer [redacted]"),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: [redacted]"),
        (f"key {ACCESS_KEY} is inactive", "key [redacted] is inactive"),
        (f"('{SECRET_KEY}')", "('[redacted]')"),
        (f"KEY={SECRET_KEY}", "KEY=[redacted]"),
        (f"aws_secret_access_key = {SECRET_KEY}", "aws_secret_access_key = [redacted]"),
        ("postgres://etl:p4ss@db:5432/shop", "postgres://etl:[redacted]@db:5432/shop"),
        ("postgres://etl:p@ss@db:5432/shop", "postgres://etl:[redacted]@db:5432/shop"),
        ("https://hooks.slack.com/services/T0/B0/xyz failed", "https://hooks.slack.com/[redacted] failed"),
        ("xoxb-1234567890-abcdef", "[redacted]"),
        ("ghp_0123456789abcdef0123", "[redacted]"),
        ("sk_live_" + "0123456789abcdef0123", "[redacted]"),
        ("sk-proj-" + "0123456789abcdef0123", "[redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[redacted]"),
        (
            "?X-Amz-Signature=abc&X-Amz-Credential=def&x=1",
            "?X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]&x=1",
        ),
        ("step_function_task_token=AAAAKgAAAAIAAA", "step_function_task_token=[redacted]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend", "[redacted]\nend"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "[redacted]"),
    ],
)
def test_secrets_are_masked(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'password'",
        "ValueError: column 'token' is missing",
        "password=None, token: null",
        "max_tokens=4096",
        "PWD=/home/app",
        "tokenizer: fast",
        "sk-learn-pipeline-transformers",
        "pypi-proxy-mirror-internal.example.com",
        "botocore.exceptions.TokenRetrievalError: Error when retrieving token from sso",
        "ExpiredTokenException: The security token included in the request is expired",
        "not authorized to perform: secretsmanager:GetSecretValue on resource: "
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-a1b2c3",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:run-20260131T050000-1a2b3c4d",
        "s3://shop-sales-dev-data/sales/orders/data/00000-0-2f0bd1f5-6a1b-4a44-9d2c-1e9f8a3d0c11.parquet",
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions",
        "2026-01-31 05:00:00 ERROR 1,234 rows read from sales.orders (snapshot 7412356789012345678)",
    ],
)
def test_other_text_is_unchanged(text):
    assert redacted(text) == text


def test_masked_text_is_unchanged():
    masked = redacted(f'password=x {ACCESS_KEY} "token": "y" postgres://a:b@c X-Amz-Credential=z')
    assert redacted(masked) == masked
