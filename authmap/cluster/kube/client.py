"""From a context's name to a client that logs in as kubectl would."""

from __future__ import annotations

import ssl
import threading
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import ConfigException, load_incluster_config
from kubernetes.config.kube_config import KubeConfigLoader

from authmap.cluster.kube import exec_plugin
from authmap.cluster.kube.errors import ClusterError
from authmap.cluster.kube.kubeconfig import login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.cluster.kube.kubeconfig import ConnectionOptions, KubeconfigContext

PLUGIN_TIMEOUTS = 3
"""A plugin has as long as so many of our requests: it makes some of its own."""

_LOADING = threading.Lock()
"""The official client's loader shares temporary files of the same content between threads."""


class Client(NamedTuple):
    """A client of one cluster.

    Attributes:
        rest: sends requests.
        server: URL of the API server.
        authorization: the header that says who we are, if there is one.
        impersonated: the headers that say who to act as.
    """

    rest: RESTClientObject
    server: str
    authorization: tuple[tuple[str, str], ...]
    impersonated: tuple[tuple[str, str], ...]


def client(context: str, access: ConnectionOptions) -> Client:
    """A client that logs in afresh: plugins are run again, and nothing is shared.

    It stays the login that it is. Credentials are not renewed under way, so that whoever was let
    in stays in for as long as they hold, whatever a new map says.

    Raises:
        ClusterError: the kubeconfig does not hold what it takes, or a plugin failed.
    """
    held = login(context, access)
    configuration = Configuration()
    configuration.retries = False  # what is repeated is for the session to say
    if held is None:
        try:
            load_incluster_config(client_configuration=configuration)
        except (ConfigException, OSError) as error:
            raise ClusterError(f"the pod's service account cannot be used: {error}") from None
        tls = _tls(configuration)
    else:
        tls = _load(held, access, configuration)
    token = configuration.api_key.get("BearerToken", "").strip()
    authorization = [("Authorization", _carried(token, "its token"))] if token else []
    impersonated = _impersonated(held.user.value if held else {}, access)
    proxied = held is not None and "proxy-url" in held.cluster.value
    rest = _rest(configuration, tls, proxied=proxied)
    return Client(rest, configuration.host, tuple(authorization), tuple(impersonated))


def _load(
    held: KubeconfigContext, access: ConnectionOptions, configuration: Configuration
) -> ssl.SSLContext:
    """Have the official client load what is left when nobody has to be asked any more."""
    server = server_of(held)
    # without TLS kubectl shows no credentials either
    user = _credentials(held, access) if server.startswith("https:") else {}
    config = {
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": held.cluster.value | {"server": server}}],
        "users": [{"name": "it", "user": user}],
    }
    # keys go through files for the moment it takes to read them
    with _LOADING, TemporaryDirectory(prefix="authmap-") as scratch:
        try:
            KubeConfigLoader(
                config, "it", config_base_path=str(held.cluster.folder), temp_file_path=scratch
            ).load_and_set(configuration)
        except ConfigException as error:
            raise ClusterError(f"the kubeconfig cannot be used: {error}") from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ClusterError("the kubeconfig does not hold what it should") from None
        return _tls(configuration)


def server_of(held: KubeconfigContext) -> str:
    """URL of the API server.

    Raises:
        ClusterError: there is none.
    """
    server = str(held.cluster.value.get("server") or "")
    try:
        parts = urlsplit(server)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ClusterError("the kubeconfig's cluster has no server whose URL starts with https://")
    if parts.username is not None:
        raise ClusterError("the kubeconfig's server has credentials in its URL: they are not used")
    return server.rstrip("/")


def _credentials(held: KubeconfigContext, access: ConnectionOptions) -> dict[str, Any]:
    """What a user's part holds when files are found and plugins have run.

    Raises:
        ClusterError: a file is missing, or a plugin failed.
    """
    user = held.user
    found = {key: user.value[key] for key in _PLAIN if user.value.get(key)}
    for key in ("client-certificate", "client-key"):
        if user.value.get(key):
            found[key] = str(user.path(key))
    file, provider = user.path("tokenFile"), user.value.get("auth-provider")
    try:
        if file:
            found["token"] = file.read_text(encoding="utf-8")
        elif provider and provider["name"] != "oidc":
            raise ClusterError(f"kubectl knows no auth provider `{provider['name']}` any more")
        elif provider:
            # kubectl also renews one that has expired, and writes it into the kubeconfig
            found["token"] = provider["config"]["id-token"]
    except OSError as error:
        raise ClusterError(f"{file}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError):
        raise ClusterError("the kubeconfig's token cannot be read") from None
    if user.value.get("exec"):
        limit = min(access.timeout * PLUGIN_TIMEOUTS, access.patience)
        found |= exec_plugin.credentials(user, held.cluster, limit, access.patience)
    return found


_PLAIN = ("client-certificate-data", "client-key-data", "token", "username", "password")
"""Credentials that are in the kubeconfig itself."""


def _tls(configuration: Configuration) -> ssl.SSLContext:
    """How connections are made secure; reads the files that the configuration names.

    Raises:
        ClusterError: a certificate or key cannot be used.
    """
    what = "certificate-authority"
    try:
        tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        # as kubectl has it: any certificate of the kubeconfig is an anchor, and those of old EKS
        # clusters are not what OpenSSL's strict mode (in Python from 3.13 on) asks for:
        # https://github.com/kubernetes-client/python/issues/2394
        tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not configuration.verify_ssl:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        what = "client-certificate or client-key"
        if configuration.cert_file:
            tls.load_cert_chain(configuration.cert_file, configuration.key_file, _no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ClusterError(f"the kubeconfig's {what} cannot be used: {reason}") from None
    configuration.ssl_ca_cert = configuration.cert_file = configuration.key_file = None
    return tls


def _no_password() -> str:
    raise ValueError("it is encrypted")


def _rest(configuration: Configuration, tls: ssl.SSLContext, *, proxied: bool) -> RESTClientObject:
    """What sends requests, through a proxy where the kubeconfig or the environment names one.

    Raises:
        ClusterError: the proxy cannot be used.
    """
    # as Go has it: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config.ProxyFunc
    ours = "localhost,127.0.0.0/8,::1"
    configuration.no_proxy = "" if proxied else f"{configuration.no_proxy or ''},{ours}"
    if configuration.proxy:
        try:
            parts = urlsplit(configuration.proxy)
            known = parts.scheme in ("http", "https", "socks5", "socks5h")
            known = known and bool(parts.hostname) and parts.port != 0
        except ValueError:
            known = False
        if not known:
            raise ClusterError("the proxy's URL is none that can be used")
        if parts.scheme.startswith("socks") and not find_spec("socks"):
            raise ClusterError("the proxy is a SOCKS proxy, which takes the package PySocks")
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            configuration.proxy_headers = urllib3.make_headers(proxy_basic_auth=pair)
    try:
        rest = RESTClientObject(configuration)
    except urllib3.exceptions.LocationParseError:
        raise ClusterError("the proxy's URL is none that can be used") from None
    rest.pool_manager.connection_pool_kw["ssl_context"] = tls
    return rest


def _impersonated(user: dict[str, Any], access: ConnectionOptions) -> Iterator[tuple[str, str]]:
    """Who to act as: what the command line says goes before what the kubeconfig says.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    name, uid = access.as_user or user.get("as"), user.get("as-uid")
    groups = access.as_groups or user.get("as-groups") or ()
    extra = user.get("as-user-extra") or {}
    if not name:
        if uid or groups or extra:
            raise ClusterError("to act as somebody takes a user (--as), not only a group")
        return
    yield "Impersonate-User", _carried(str(name), "the user to act as")
    if uid:
        yield "Impersonate-Uid", _carried(str(uid), "the uid to act as")
    for group in groups:
        yield "Impersonate-Group", _carried(str(group), "the group to act as")
    for key, values in extra.items():
        for value in values or ():  # YAML's nothing
            title = f"Impersonate-Extra-{quote(key, safe='')}"
            yield title, _carried(str(value), "what to act with")


def _carried(text: str, what: str) -> str:
    """Text as a header carries it: UTF-8, without what would end the header.

    Raises:
        ClusterError: there is something like that in it.
    """
    if any((c < " " and c != "\t") or c == "\x7f" for c in text):
        raise ClusterError(f"{what} holds a character that cannot be sent")
    return text.encode(errors="surrogateescape").decode("latin-1")
