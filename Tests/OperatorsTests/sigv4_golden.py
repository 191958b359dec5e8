"""Writes Tests/Golden/sigv4.json: requests as botocore signs them. Run with an interpreter that has botocore (scripts/test-tools.sh)."""
import datetime
import json
import pathlib
import urllib.parse
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

NOW = datetime.datetime(2026, 1, 31, 3, 4, 5, tzinfo=datetime.timezone.utc)
CASES = [
    dict(method="GET", key="plain.txt"),
    dict(method="GET", key="a b/c+d%e&f=g?h#i;j,k!'()*~"),
    dict(method="PUT", key="häuser/雪/😀.bin", payload="ab" * 32),
    dict(method="GET", key="/leading//double/./../dots/"),
    dict(method="GET", key="", query={"list-type": "2", "prefix": "ä b+c/", "continuation-token": "a=/+b", "encoding-type": "url"}),
    dict(method="POST", key="big file", query={"uploads": ""}),
    dict(method="PUT", key="big", query={"partNumber": "10", "uploadId": "x/y+z=="}, token="session/token+=="),
    dict(method="PUT", key="meta", headers={"x-amz-meta-sha256": "00ff", "x-amz-copy-source": "/bucket/a%20b", "Content-Type": "a/b;  c=d"}),
    dict(method="DELETE", key="tilde~under_score-dot.", region="eu-central-1", payload="UNSIGNED-PAYLOAD"),
]


def signed(case):
    path = "/bucket" + ("/" + urllib.parse.quote(case["key"], safe="/~") if case["key"] else "")
    query = urllib.parse.urlencode(case.get("query", {}), quote_via=urllib.parse.quote, safe="~")
    payload = case.get("payload", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    headers = {**case.get("headers", {}), "X-Amz-Content-SHA256": payload}
    request = botocore.awsrequest.AWSRequest(case["method"], f"http://s3.example.org:9000{path}" + (f"?{query}" if query else ""), headers=headers)
    credentials = botocore.credentials.Credentials("AKIDEXAMPLE", "secret/key+EXAMPLE", case.get("token"))
    region = case.get("region", "us-east-1")
    signer = botocore.auth.S3SigV4Auth(credentials, "s3", region)
    signer.payload = lambda request: payload
    signer._should_sha256_sign_payload = lambda request: True
    with mock.patch("botocore.auth.get_current_datetime", create=True, return_value=NOW.replace(tzinfo=None)), mock.patch("botocore.auth.datetime", create=True) as clock:
        clock.datetime.utcnow.return_value = NOW.replace(tzinfo=None)
        clock.datetime.now.return_value = NOW
        signer.add_auth(request)
    assert "20260131T030405Z" == request.headers["X-Amz-Date"], request.headers["X-Amz-Date"]
    return {**case, "region": region, "payload": payload, "headers": case.get("headers", {}), "query": case.get("query", {}),
            "path": path, "authorization": request.headers["Authorization"]}


target = pathlib.Path(__file__).resolve().parent.parent / "Golden" / "sigv4.json"
target.write_text(json.dumps([signed(case) for case in CASES], indent=1, ensure_ascii=False) + "\n")
