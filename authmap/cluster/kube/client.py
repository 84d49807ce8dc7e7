"""Create a client for a kubeconfig context that logs in as kubectl does."""

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

_LOADING = threading.Lock()
"""Held while loading: the official client's loader shares temporary files between threads."""


class Client(NamedTuple):
    """A client of one cluster.

    Attributes:
        rest: sends requests.
        server: URL of the API server.
        authorization: the Authorization header (name, value), if there is one.
        impersonated: the impersonation headers (name, value).
        source: where the context comes from: a kubeconfig, or the pod's service account.
        plugin: command of the credential plugin if it may ask on the terminal, else "".
    """

    rest: RESTClientObject
    server: str
    authorization: tuple[tuple[str, str], ...]
    impersonated: tuple[tuple[str, str], ...]
    source: str
    plugin: str


def client(context: str, access: ConnectionOptions) -> Client:
    """Create a client with a new login: plugins run again, and nothing is shared.

    The client never renews its credentials. It stays logged in until they expire, even if a new
    map no longer lets the user log in.

    Raises:
        ClusterError: the kubeconfig lacks something or cannot be used, or a plugin failed.
    """
    kube_context = login(context, access)
    configuration = Configuration()
    configuration.retries = False  # the session decides what to retry
    if kube_context is None:
        try:
            load_incluster_config(client_configuration=configuration)
        except (ConfigException, OSError) as error:
            raise ClusterError(f"the pod's service account cannot be used: {error}") from None
        tls = _tls(configuration)
    else:
        tls = _load(context, kube_context, access, configuration)
    token = configuration.api_key.get("BearerToken", "").strip()
    authorization = [("Authorization", _header_value(token, "the token"))] if token else []
    impersonated = _impersonated(kube_context.user.value if kube_context else {}, access)
    proxied = kube_context is not None and "proxy-url" in kube_context.cluster.value
    rest = _rest(configuration, tls, proxied=proxied)
    server, source, plugin = configuration.host, "the pod's service account", ""
    if kube_context is not None:
        source = f"kubeconfig {kube_context.cluster.file}"
        plugin = exec_plugin.asking(kube_context.user) if _is_secure(server) else ""
    return Client(rest, server, tuple(authorization), tuple(impersonated), source, plugin)


def _load(
    context: str,
    kube_context: KubeconfigContext,
    access: ConnectionOptions,
    configuration: Configuration,
) -> ssl.SSLContext:
    """Have the official client load the kubeconfig once all its credentials are resolved."""
    server = server_of(kube_context)
    # kubectl does not send credentials without TLS either
    user = _credentials(context, kube_context, access) if _is_secure(server) else {}
    config = {
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": kube_context.cluster.value | {"server": server}}],
        "users": [{"name": "it", "user": user}],
    }
    # keys are in temporary files only while they are read
    with _LOADING, TemporaryDirectory(prefix="authmap-") as scratch:
        try:
            KubeConfigLoader(
                config,
                "it",
                config_base_path=str(kube_context.cluster.folder),
                temp_file_path=scratch,
            ).load_and_set(configuration)
        except ConfigException as error:
            raise ClusterError(f"the kubeconfig cannot be used: {error}") from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ClusterError("the kubeconfig has missing or malformed values") from None
        return _tls(configuration)


def _is_secure(server: str) -> bool:
    return server.startswith("https:")


def server_of(kube_context: KubeconfigContext) -> str:
    """The URL of the API server.

    Raises:
        ClusterError: the kubeconfig has no usable URL.
    """
    server = str(kube_context.cluster.value.get("server") or "")
    try:
        parts = urlsplit(server)
        scheme = server[: len(parts.scheme)].lower()  # `HTTPS://` is `https://`
        known = scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ClusterError("the kubeconfig's cluster has no server whose URL starts with https://")
    if parts.username is not None:
        raise ClusterError("the kubeconfig's server URL contains credentials, which is not allowed")
    return scheme + server[len(scheme) :].rstrip("/")


def _credentials(
    context: str, kube_context: KubeconfigContext, access: ConnectionOptions
) -> dict[str, Any]:
    """The credentials of the user, with paths resolved and plugins run.

    Raises:
        ClusterError: a file is missing, or a plugin failed.
    """
    user = kube_context.user
    found = {key: user.value[key] for key in _INLINE_CREDENTIALS if user.value.get(key)}
    for key in ("client-certificate", "client-key"):
        if user.value.get(key):
            found[key] = str(user.path(key))
    file, provider = user.path("tokenFile"), user.value.get("auth-provider")
    try:
        if file:
            found["token"] = file.read_text(encoding="utf-8")
        elif provider and provider["name"] != "oidc":
            raise ClusterError(f"kubectl no longer supports the auth provider `{provider['name']}`")
        elif provider:
            # kubectl would also renew an expired token and write it to the kubeconfig
            found["token"] = provider["config"]["id-token"]
    except OSError as error:
        raise ClusterError(f"{file}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError):
        raise ClusterError("the kubeconfig's token cannot be read") from None
    if user.value.get("exec"):
        found |= exec_plugin.credentials(context, kube_context, access)
    return found


_INLINE_CREDENTIALS = (
    "client-certificate-data",
    "client-key-data",
    "token",
    "username",
    "password",
)
"""Credentials stored in the kubeconfig itself."""


def _tls(configuration: Configuration) -> ssl.SSLContext:
    """The TLS settings of connections, from the certificate and key files of the configuration.

    Raises:
        ClusterError: a certificate or key cannot be used.
    """
    what = "certificate-authority"
    try:
        tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        # as in kubectl: any certificate in the kubeconfig is a trust anchor, and those of old EKS
        # clusters do not pass OpenSSL's strict mode (on by default from Python 3.13):
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
    raise ValueError("the key is encrypted")


def _rest(configuration: Configuration, tls: ssl.SSLContext, *, proxied: bool) -> RESTClientObject:
    """The REST client, with the proxy that the kubeconfig or the environment names, if any.

    Raises:
        ClusterError: the proxy cannot be used.
    """
    # as in Go: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config.ProxyFunc
    loopback = "localhost,127.0.0.0/8,::1"
    configuration.no_proxy = "" if proxied else f"{configuration.no_proxy or ''},{loopback}"
    if configuration.proxy:
        try:
            parts = urlsplit(configuration.proxy)
            known = parts.scheme in ("http", "https", "socks5", "socks5h")
            known = known and bool(parts.hostname) and parts.port != 0
        except ValueError:
            known = False
        if not known:
            raise ClusterError("the proxy's URL is not valid")
        if parts.scheme.startswith("socks") and not find_spec("socks"):
            raise ClusterError("a SOCKS proxy requires the Python package PySocks")
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            configuration.proxy_headers = urllib3.make_headers(proxy_basic_auth=pair)
    try:
        rest = RESTClientObject(configuration)
    except urllib3.exceptions.LocationParseError:
        raise ClusterError("the proxy's URL is not valid") from None
    rest.pool_manager.connection_pool_kw["ssl_context"] = tls
    return rest


def _impersonated(user: dict[str, Any], access: ConnectionOptions) -> Iterator[tuple[str, str]]:
    """The impersonation headers; the command line overrides the kubeconfig.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    name, uid = access.as_user or user.get("as"), user.get("as-uid")
    groups = access.as_groups or user.get("as-groups") or ()
    extra = user.get("as-user-extra") or {}
    if not name:
        if uid or groups or extra:
            raise ClusterError("impersonation requires a user (--as), not only a group")
        return
    yield "Impersonate-User", _header_value(str(name), "the user to impersonate")
    if uid:
        yield "Impersonate-Uid", _header_value(str(uid), "the uid to impersonate")
    for group in groups:
        yield "Impersonate-Group", _header_value(str(group), "the group to impersonate")
    for key, values in extra.items():
        for value in values or ():  # None for an empty value in YAML
            title = f"Impersonate-Extra-{quote(key, safe='')}"
            yield title, _header_value(str(value), "an extra field to impersonate")


def _header_value(text: str, what: str) -> str:
    """Text as the value of an HTTP header, in UTF-8.

    Raises:
        ClusterError: the text contains control characters, which could end the header.
    """
    if any((c < " " and c != "\t") or c == "\x7f" for c in text):
        raise ClusterError(f"{what} contains a character that cannot be sent in an HTTP header")
    return text.encode(errors="surrogateescape").decode("latin-1")
