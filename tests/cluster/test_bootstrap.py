"""The bindings that authmap takes for granted are those of a real, new API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from authmap.access.bootstrap import bootstrap_bindings

if TYPE_CHECKING:
    from cluster.server import Cluster


def test_bindings_of_a_new_api_server(cluster: Cluster) -> None:
    run = cluster.kubectl(
        "get", "clusterrolebindings,rolebindings", "--all-namespaces", "-o", "json",
        "--selector=kubernetes.io/bootstrapping=rbac-defaults",
    )  # fmt: skip
    real = {
        (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"],
         f"{item['roleRef']['kind']}/{item['roleRef']['name']}", subject["kind"], subject["name"])
        for item in json.loads(run.stdout)["items"]
        for subject in item.get("subjects", ())
        if subject["kind"] != "ServiceAccount"
    }  # fmt: skip
    ours = {
        (*binding[:4], subject.kind, subject.name)
        for binding in bootstrap_bindings()
        for subject in binding.subjects
    }
    assert ours == real
