"""The cluster as tests use it: methods to prepare it, and to inspect it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cluster import kubeconfig, process
from cluster.apiserver import RBAC, ApiServer
from cluster.users import ASK, EDIT_MAP, LIST_BINDINGS, READ_MAP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RBAC_GROUP = "rbac.authorization.k8s.io"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
POLICIES = f"{ADMISSION}/validatingadmissionpolicies"
POLICY_BINDINGS = f"{ADMISSION}/validatingadmissionpolicybindings"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
BASE = "authmap.test/base"  # the label of objects that stay after a test
SETTLE = "test:settle"
PROBE = "probe"


class Cluster(ApiServer):
    """A cluster with users; `reset` removes what tests changed."""

    settled = 0

    def _start(self) -> None:
        super()._start()
        for name, everywhere, at_map in [
            ("test:editors", [LIST_BINDINGS, ASK], EDIT_MAP),
            ("test:readers", [LIST_BINDINGS], READ_MAP),
        ]:
            self.role(name, everywhere, base=True)
            self.bind(name, role=name, groups=[name], base=True)
            self.role(name, [at_map], namespace="kube-system", base=True)
            self.bind(
                name, role=name, kind="Role", groups=[name], namespace="kube-system", base=True
            )
        for namespace in [None, "kube-system"]:
            self.role(SETTLE, [], namespace=namespace, base=True)
            kind = "Role" if namespace else "ClusterRole"
            self.bind(SETTLE, role=SETTLE, kind=kind, namespace=namespace, base=True)
        self.settle()

    # prepare the cluster

    def reset(self) -> None:
        """Remove what tests created: the map, roles, bindings and admission policies."""
        self.delete_map()
        mine = quote(f"kubernetes.io/bootstrapping!=rbac-defaults,!{BASE}")
        for kind in ["clusterrolebindings", "clusterroles"]:
            self.must("DELETE", f"{RBAC}/{kind}?labelSelector={mine}")
        for kind in ["rolebindings", "roles"]:
            found = self.must("GET", f"{RBAC}/{kind}?labelSelector={mine}")["items"]
            for namespace in sorted({one["metadata"]["namespace"] for one in found}):
                self.must("DELETE", f"{RBAC}/namespaces/{namespace}/{kind}?labelSelector={mine}")
        if self.must("GET", POLICIES)["items"]:
            self.must("DELETE", POLICY_BINDINGS)
            self.must("DELETE", POLICIES)
            process.wait_until(lambda: self._probe() == 201, "the admission policy to be gone")
        self.settle()

    def reject(self, expression: str, message: str) -> None:
        """Make admission reject changes to ConfigMaps, and wait until it does.

        Args:
            expression: CEL expression that must be true, such as `!("mapRoles" in object.data)`.
            message: Message of the rejection.
        """
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
        validation = {
            "expression": f"object.metadata.name != '{PROBE}' && ({expression})",
            "message": message,
        }
        policy = {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule | {"operations": ["CREATE", "UPDATE"]}]},
            "validations": [validation],
        }
        binding = {"policyName": "reject", "validationActions": ["Deny"]}
        for path, spec in {POLICIES: policy, POLICY_BINDINGS: binding}.items():
            self.must("POST", path, {"metadata": {"name": "reject"}, "spec": spec})
        process.wait_until(lambda: self._probe() == 422, "the admission policy to take effect")

    def _probe(self) -> int:
        path = f"{AWS_AUTH.rpartition('/')[0]}?dryRun=All"
        return self.raw("POST", path, {"metadata": {"name": PROBE}}).status

    def settle(self) -> None:
        """Wait until the API server has seen the current RBAC objects, which it watches.

        Once a change to one object of each kind is in effect, all earlier changes are too.
        """
        self.settled += 1
        name = f"settle-{self.settled}"
        rule = {"apiGroups": ["authmap.test"], "resources": ["settle"], "resourceNames": [name]}
        subject = {"apiGroup": RBAC_GROUP, "kind": "User", "name": name}
        for kind, change in {
            "clusterroles": {"rules": [rule | {"verbs": ["get"]}]},
            "clusterrolebindings": {"subjects": [subject]},
            "namespaces/kube-system/roles": {"rules": [rule | {"verbs": ["list"]}]},
            "namespaces/kube-system/rolebindings": {"subjects": [subject]},
        }.items():
            path = f"{RBAC}/{kind}/{SETTLE}"
            self.must("PATCH", path, change, content_type="application/merge-patch+json")
        asked = {"group": "authmap.test", "name": name, "namespace": "kube-system"}

        def in_force() -> bool:
            return all(self.may(name, verb, "settle", **asked) for verb in ["get", "list"])

        process.wait_until(in_force, "RBAC changes to take effect")

    def may(
        self,
        user: str,
        verb: str,
        resource: str,
        *,
        groups: Iterable[str] = (),
        group: str = "",
        name: str = "",
        namespace: str = "",
    ) -> bool:
        """Whether a user may do something, by a SubjectAccessReview.

        Args:
            user: Name of any user.
            verb: Verb, such as `get`.
            resource: Resource, such as `configmaps`.
            groups: Groups of the user.
            group: API group of the resource.
            name: Name of an object; "" for all objects.
            namespace: Namespace of the object; "" for the whole cluster.
        """
        attributes = {
            "verb": verb,
            "resource": resource,
            "group": group,
            "name": name,
            "namespace": namespace,
        }
        spec = {"user": user, "groups": list(groups), "resourceAttributes": attributes}
        allowed: bool = self.must("POST", REVIEWS, {"spec": spec})["status"]["allowed"]
        return allowed

    def source_map(self) -> Any:
        """The live aws-auth object, or None."""
        answer = self.raw("GET", AWS_AUTH)
        assert answer.status in {200, 404}, answer.body
        return answer.body if answer.status == 200 else None

    def delete_map(self) -> None:
        """Delete aws-auth if it exists."""
        assert self.raw("DELETE", AWS_AUTH).status in {200, 404}

    def create_map(self, manifest: bytes) -> Any:
        """Create aws-auth from a manifest (YAML or JSON), replacing any other."""
        self.delete_map()
        collection = AWS_AUTH.rpartition("/")[0]
        return self.must("POST", collection, manifest, content_type="application/yaml")

    def set_data(self, data: dict[str, str], *, user: str = "admin") -> Any:
        """Replace the data of aws-auth, as another user who edits it would."""
        patch = [{"op": "replace", "path": "/data", "value": data}]
        kind = "application/json-patch+json"
        return self.must("PATCH", AWS_AUTH, patch, user=user, content_type=kind)

    def namespace(self, name: str) -> None:
        """Create a namespace if it does not exist; it stays after the test."""
        body = {"metadata": {"name": name}}
        assert self.raw("POST", "/api/v1/namespaces", body).status in {201, 409}

    def role(
        self,
        name: str,
        rules: list[dict[str, list[str]]],
        *,
        namespace: str | None = None,
        base: bool = False,
    ) -> None:
        """Create a ClusterRole, or a Role in a namespace."""
        where = f"namespaces/{namespace}/roles" if namespace else "clusterroles"
        self.must("POST", f"{RBAC}/{where}", {"metadata": metadata(name, base), "rules": rules})

    def bind(
        self,
        name: str,
        *,
        role: str = "cluster-admin",
        kind: str = "ClusterRole",
        users: Iterable[str] = (),
        groups: Iterable[str] = (),
        namespace: str | None = None,
        base: bool = False,
        settle: bool = True,
    ) -> None:
        """Create a ClusterRoleBinding, or a RoleBinding, and wait until it is in effect.

        Args:
            name: Name of the binding.
            role: Name of the role.
            kind: Kind of the role; `Role` for one in the same namespace.
            users: Names of users to bind.
            groups: Names of groups to bind.
            namespace: Namespace of a RoleBinding; None for a ClusterRoleBinding.
            base: Whether it stays after the test.
            settle: Whether to wait; of many bindings, only the last one needs it.
        """
        where = f"namespaces/{namespace}/rolebindings" if namespace else "clusterrolebindings"
        subjects = [("User", user) for user in users] + [("Group", group) for group in groups]
        body = {
            "metadata": metadata(name, base),
            "roleRef": {"apiGroup": RBAC_GROUP, "kind": kind, "name": role},
            "subjects": [
                {"apiGroup": RBAC_GROUP, "kind": kind, "name": name} for kind, name in subjects
            ],
        }
        self.must("POST", f"{RBAC}/{where}", body)
        if settle and not base:
            self.settle()

    # access the cluster

    def kubeconfig(
        self,
        user: str = "admin",
        *,
        context: str = "prod",
        path: Path | None = None,
        url: str | None = None,
        credentials: dict[str, Any] | None = None,
        **more: str,
    ) -> Path:
        """Write a kubeconfig with a context for a user; an existing file gets one more context.

        Args:
            user: Name of one of `users`.
            context: Name of the context; the first one in a file becomes the current one.
            path: The file; by default a separate one for this user and context.
            url: Other URL for the server, such as a proxy's.
            credentials: Fields of the user entry, instead of the token.
            more: Fields of the cluster entry, with `_` for `-`, such as `tls_server_name`.
        """
        path = path or self.folder / f"kubeconfig-{context}-{user}"
        server = {"server": url or self.url, "certificate-authority": str(self.ca_file)}
        server |= {name.replace("_", "-"): value for name, value in more.items()}
        token = {"token": self.users[user].token}
        kubeconfig.add_context(path, context, server, credentials or token)
        return path

    def client_certificate(self, name: str, group: str) -> dict[str, Any]:
        """Credentials for `kubeconfig`: a client certificate for a user without a token."""
        issued = self.ca.issue_cert("a@example.com", common_name=name, organization_name=group)
        certificate, key = (self.folder / f"{name}.{kind}.pem" for kind in ["crt", "key"])
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        return {"client-certificate": str(certificate), "client-key": str(key)}

    def kubectl(
        self, *arguments: str, stdin: bytes | None = None, user: str = "admin"
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the real kubectl as a user."""
        program = process.binary("kubectl")
        assert program, "kubectl is missing"
        command = [str(program), "--kubeconfig", str(self.kubeconfig(user, context="kubectl"))]
        home = {"HOME": str(self.folder)}
        return subprocess.run(
            [*command, *arguments], input=stdin, capture_output=True, check=False, env=home
        )


def metadata(name: str, base: bool) -> dict[str, Any]:
    """The metadata of an object."""
    return {"name": name, "labels": {BASE: "true"} if base else {}}
