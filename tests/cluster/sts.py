"""An STS for `sts.us-east-1.amazonaws.com`: moto with TLS and support for presigned requests.

This is a separate program for a Python with moto (`build.py` creates one), because moto and the
kubernetes client require different versions of one package. It finds sessions by their access
keys, as STS does, but checks no signatures.

    python sts.py PORT CERTIFICATE_AND_KEY
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import xmltodict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOTO = DomainDispatcherApplication(create_backend_app)


def front(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application: moto's, with the handling of presigned GetCallerIdentity added."""
    query = parse_qs(environ["QUERY_STRING"])
    answer: Iterable[bytes]
    if "X-Amz-Credential" not in query:
        answer = MOTO(environ, start)
        return answer
    credential = query["X-Amz-Credential"][0]
    signed = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
    response = Response.from_app(MOTO, environ | {"HTTP_AUTHORIZATION": signed})
    # the authenticator requests JSON, which STS returns but moto does not
    content = xmltodict.parse(response.get_data(), xml_attribs=False)
    response = Response(json.dumps(content), response.status, mimetype="application/json")
    answer = response(environ, start)
    return answer


if __name__ == "__main__":
    pem = sys.argv[2]
    run_simple("127.0.0.1", int(sys.argv[1]), front, threaded=True, ssl_context=(pem, pem))
