"""An HTTP API authorizes requests and invokes a function."""

from __future__ import annotations

import http.client
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from doc_resources.page_blocks import blocks
from test.aws.emulator.execution import ROLE
from test.emulator.web_identity import web_identity_token

CODE = """
import json
def main(event, context):
    answer = {"path": event["rawPath"], "body": event.get("body"), "id": event["pathParameters"].get("id")}
    return {"statusCode": 202, "headers": {"x-answer": "yes"}, "body": json.dumps(answer)}
"""
README = Path(__file__).parents[3] / "modules/ingestion_api/README.md"
ISSUER = "https://login.example.com"


class Apis:
    """An API whose routes invoke a function."""

    def __init__(self, shop):
        self.shop, self.client = shop, shop.client("apigatewayv2")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("code.py", CODE)
        shop.role("function")
        function = shop.client("lambda").create_function(
            FunctionName="function",
            Role=f"{ROLE}function",
            Runtime="python3.13",
            Handler="code.main",
            Code={"ZipFile": archive.getvalue()},
        )["FunctionArn"]
        api = self.client.create_api(Name="events", ProtocolType="HTTP")
        self.id, self.url = api["ApiId"], api["ApiEndpoint"]
        self.client.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)
        uri = f"arn:aws:apigateway:{shop.aws.region}:lambda:path/2015-03-31/functions/{function}/invocations"
        integration = {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri, "PayloadFormatVersion": "2.0"}
        self.target = self.client.create_integration(ApiId=self.id, **integration)["IntegrationId"]

    def route(self, key, **settings):
        self.client.create_route(ApiId=self.id, RouteKey=key, Target=f"integrations/{self.target}", **settings)

    def send(self, method, path, body=b"", headers=None):
        url = urlsplit(self.url)
        connection = http.client.HTTPConnection(url.netloc)
        connection.request(method, url.path + path, body, headers or {})
        answer = connection.getresponse()
        received = answer.status, json.loads(answer.read())
        connection.close()
        return received

    def signed(self, path, credentials):
        request = AWSRequest("POST", self.url + path, data=b"")
        SigV4Auth(Credentials(*credentials.values()), "execute-api", self.shop.aws.region).add_auth(request)
        return dict(request.headers)

    def allow_invocations(self):
        arn = f"arn:aws:execute-api:{self.shop.aws.region}:{self.shop.aws.account}:{self.id}/*/*/requests*"
        self.shop.client("lambda").add_permission(
            FunctionName="function",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=arn,
        )


@pytest.fixture
def apis(shop):
    return Apis(shop)


def test_a_route_invokes_its_function_and_unknown_ones_are_not_found(apis):
    apis.route("GET /requests/{id}", AuthorizationType="NONE")
    assert apis.send("GET", "/requests/a1") == (202, {"path": "/requests/a1", "body": None, "id": "a1"})
    assert apis.send("POST", "/requests/a1") == (404, {"message": "Not Found"})


def test_a_token_must_be_of_the_issuer_for_the_audience_with_a_scope(apis):
    configuration = {"Issuer": ISSUER, "Audience": ["events"]}
    authorizer = apis.client.create_authorizer(
        ApiId=apis.id,
        AuthorizerType="JWT",
        Name="jwt",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration=configuration,
    )["AuthorizerId"]
    apis.route("POST /requests", AuthorizationType="JWT", AuthorizerId=authorizer)
    apis.route("POST /scoped", AuthorizationType="JWT", AuthorizerId=authorizer, AuthorizationScopes=["events:write"])

    def status(path, issuer, audience):
        return apis.send(
            "POST", path, headers={"Authorization": f"Bearer {web_identity_token(issuer, audience, 'me')}"}
        )[0]

    assert status("/requests", ISSUER, "events") == 202
    assert status("/requests", "https://other.example.com", "events") == 401
    assert status("/requests", ISSUER, "others") == 401
    assert status("/scoped", ISSUER, "events") == 403
    assert apis.send("POST", "/requests") == (401, {"message": "Unauthorized"})


def test_a_signed_request_requires_permission(apis):
    apis.route("POST /requests", AuthorizationType="AWS_IAM")
    assert apis.send("POST", "/requests") == (403, {"message": "Forbidden"})
    apis.allow_invocations()
    apis.shop.aws.enforce_iam()
    headers = apis.signed("/requests", apis.shop.aws.assume_role(f"{ROLE}task"))
    assert apis.send("POST", "/requests", headers=headers) == (403, {"message": "Forbidden"})
    apis.shop.allow("task", "execute-api:Invoke")
    assert apis.send("POST", "/requests", headers=headers)[0] == 202


def test_the_command_in_the_readme_of_the_ingestion_api_signs_its_request(apis):
    apis.route("POST /requests", AuthorizationType="AWS_IAM")
    apis.allow_invocations()
    apis.shop.allow("task", "execute-api:Invoke")
    apis.shop.aws.enforce_iam()
    (shown,) = (block.text for block in blocks(README.read_text(encoding="utf-8")) if block.is_shell)
    credentials = apis.shop.aws.assume_role(f"{ROLE}task")
    variables = {**os.environ, **{name.upper(): value for name, value in credentials.items()}}
    script = f"terraform() {{ echo {apis.url}; }}\n{shown}"
    answer = subprocess.run(["bash", "-ec", script], env=variables, stdout=subprocess.PIPE, check=True).stdout
    assert json.loads(answer)["body"] == '[{"id": 1, "city": "Lyon"}]'
