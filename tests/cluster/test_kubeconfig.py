"""authmap logs in wherever kubectl does, with the same kubeconfig and as the same user."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.config import incluster_config

from cluster.listener import ConnectProxy
from cluster.process import binary
from cluster.proxy import Proxy, Reply
from cluster.run import environment, within
from cluster.server import AWS_AUTH
from cluster.ways_in import AS, BAD, EDITOR, GOOD, HIDDEN, inline, plugin, put, write

if TYPE_CHECKING:
    from cluster.server import Cluster

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "aws-auth.yaml").read_bytes()
LINT = ("lint", "--context", "prod", "--select", "AM001")


@pytest.fixture(scope="module")
def cluster(api_server: Cluster) -> Cluster:
    """A cluster with a map that no test here changes."""
    api_server.reset()
    api_server.create_map(FIXTURE)
    return api_server


def kubectl(kubeconfig: Path) -> tuple[int, str]:
    """Read the map with kubectl; its exit code and standard error."""
    command = [str(binary("kubectl")), "--context=prod", "get", "--raw", AWS_AUTH]
    variables = environment(kubeconfig)
    done = subprocess.run(
        command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode, done.stderr.decode()


def who(cluster: Cluster, mark: int) -> Any:
    """The user that has read the map since the mark."""
    [event] = [e for e in cluster.audit(mark) if e.get("objectRef", {}).get("name") == "aws-auth"]
    return event.get("impersonatedUser") or event["user"]


@pytest.mark.parametrize("name", GOOD)
def test_logs_in_as_kubectl_does(cluster: Cluster, tmp_path: Path, name: str) -> None:
    config = GOOD[name](cluster, tmp_path)
    mark = cluster.mark()
    assert kubectl(config) == (0, "")
    expected = who(cluster, mark)
    mark = cluster.mark()
    run = within(config, *LINT)
    assert (run.returncode, run.stderr) == (0, "")
    assert who(cluster, mark) == expected


@pytest.mark.parametrize("name", BAD)
def test_fails_where_kubectl_does(cluster: Cluster, tmp_path: Path, name: str) -> None:
    case, said = BAD[name]
    config = case(cluster, tmp_path)
    assert kubectl(config)[0] == 1
    run = within(config, *LINT)
    assert run.returncode == 2
    assert said in run.stderr
    assert "a bug" not in run.stderr
    assert HIDDEN not in run.stdout + run.stderr


def test_an_expired_oidc_token_is_not_renewed(cluster: Cluster, tmp_path: Path) -> None:
    provider = {"name": "oidc", "config": {"id-token": EDITOR, "refresh-token": HIDDEN}}
    config = write(cluster, tmp_path, {"auth-provider": provider})
    before = config.read_bytes()
    assert within(config, *LINT).returncode == 0
    assert config.read_bytes() == before


def test_command_line_overrides_the_kubeconfig(cluster: Cluster, tmp_path: Path) -> None:
    config = write(cluster, tmp_path, {"token": "secret-token-of-admin"} | AS)
    mark = cluster.mark()
    run = within(config, *LINT, "--as=reader", "--as-group=test:readers", "--as-group=c é")
    assert (run.returncode, run.stderr) == (0, "")
    acted = who(cluster, mark)
    assert acted["username"] == "reader"
    assert acted["groups"] == ["test:readers", "c é", "system:authenticated"]


@pytest.mark.parametrize("name", ["a\nb", "a\r\nX-Remote-User: b", "\x7f"])
def test_impersonation_cannot_inject_headers(cluster: Cluster, tmp_path: Path, name: str) -> None:
    run = within(write(cluster, tmp_path), *LINT, "--as", name)
    assert run.returncode == 2
    assert "cannot be sent" in run.stderr


def test_proxy_in_the_kubeconfig(cluster: Cluster, tmp_path: Path) -> None:
    with ConnectProxy() as proxy:
        url = proxy.url.replace("//", "//me:pass%40word@")
        config = write(cluster, tmp_path, server={"proxy-url": url})
        run = within(config, *LINT, variables={"NO_PROXY": "127.0.0.1"})
    assert (run.returncode, run.stderr) == (0, "")
    assert proxy.asked == [f"127.0.0.1:{cluster.port}"]
    [headers] = proxy.headers
    assert "proxy-authorization: Basic bWU6cGFzc0B3b3Jk" in headers


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"http://me:{HIDDEN}@127.0.0.1:1", "the proxy refused the connection: Connection refused"),
        (f"socks5://me:{HIDDEN}@127.0.0.1:1", "PySocks"),
        (f"{HIDDEN}", "proxy's URL"),
        (f"http://[{HIDDEN}", "proxy's URL"),
    ],
)
def test_unusable_proxy(cluster: Cluster, tmp_path: Path, url: str, said: str) -> None:
    run = within(write(cluster, tmp_path, server={"proxy-url": url}), *LINT)
    assert run.returncode == 2
    assert said in run.stderr
    assert HIDDEN not in run.stderr


def test_no_proxy_for_loopback(cluster: Cluster, tmp_path: Path) -> None:
    variables = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    assert within(write(cluster, tmp_path), *LINT, variables=variables).returncode == 0


def test_no_credentials_without_tls(cluster: Cluster, tmp_path: Path) -> None:
    with ConnectProxy() as server:
        config = write(cluster, tmp_path, server={"server": server.url})
        assert within(config, *LINT).returncode == 2
    assert server.asked == [AWS_AUTH]
    assert "authorization" not in server.headers[0].lower()


def test_hanging_plugin_is_stopped(cluster: Cluster, tmp_path: Path) -> None:
    config = write(cluster, tmp_path, plugin(tmp_path, "time.sleep(600)"))
    run = within(config, *LINT, "--request-timeout=0.2")
    assert run.returncode == 2
    assert "the kubeconfig's credential plugin `./plugin` did not finish" in run.stderr


TOKENS = ("k8s-aws-v1.aHR0cHM6Ly9zdHM", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "Bearer abc")


def test_plugin_errors_are_shown_without_secrets(cluster: Cluster, tmp_path: Path) -> None:
    said = f"eu-central-1: {' '.join(TOKENS)} X-Amz-Signature=abc&x " + "long " * 1000
    env = [{"name": "AWS_REGION", "value": "eu-central-1"}, {"name": "KEY", "value": "long long"}]
    user = plugin(tmp_path, f"sys.exit({said!r})", env=env)
    run = within(write(cluster, tmp_path, user), *LINT)
    assert run.returncode == 2
    start = run.stderr.partition(" failed (1): ")[2]
    assert start.startswith("eu-central-1: *** *** Bearer *** X-Amz-Signature=***&x $KEY $KEY")
    assert len(run.stderr) < 3000


def test_server_errors_are_shown_without_secrets(cluster: Cluster, tmp_path: Path) -> None:
    failure = Reply.failure(403, f"{EDITOR} is not let in, nor is {TOKENS[1]}")
    with Proxy(cluster, lambda _: failure) as proxy:
        run = within(write(cluster, tmp_path, server={"server": proxy.url}), *LINT)
    assert "context:prod: $Authorization is not let in, nor is ***; this requires" in run.stderr


@pytest.mark.parametrize("option", ["--request-timeout", "--verify-timeout"])
@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1"])
def test_invalid_timeout(tmp_path: Path, option: str, seconds: str) -> None:
    run = within(tmp_path / "config", "rollback", "--context=prod", f"{option}={seconds}")
    assert run.returncode == 2
    assert f"Invalid value for '{option}'" in run.stderr


def test_empty_kubeconfig_option(tmp_path: Path) -> None:
    run = within(tmp_path / "config", *LINT, "--kubeconfig=")
    assert (run.returncode, "--kubeconfig is empty" in run.stderr) == (2, True)


def test_errors_name_the_context(cluster: Cluster, tmp_path: Path) -> None:
    config = write(cluster, tmp_path, users=[])
    for command in (("show",), ("resolve", "arn:aws:iam::111111111111:role/staff")):
        run = within(config, *command, "--context=prod")
        assert run.returncode == 2
        assert run.stderr.startswith("authmap: error: context:prod: the kubeconfig's context names")


def test_keys_do_not_stay_on_disk(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    left: list[list[Path]] = []
    with Proxy(cluster, lambda _: left.append(list(scratch.rglob("*")))) as proxy:
        user = inline(cluster) | {"token": EDITOR}
        assert within(write(cluster, tmp_path, user, {"server": proxy.url}), *LINT).returncode == 0
    assert left == [[], [], []]  # during the requests


def test_in_a_pod(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/api/v1/namespaces/kube-system/serviceaccounts"
    assert cluster.raw("POST", path, {"metadata": {"name": "auditor"}}).status in {201, 409}
    cluster.bind("auditor", users=["system:serviceaccount:kube-system:auditor"])
    issued = cluster.must("POST", f"{path}/auditor/token", {})["status"]["token"]
    put(tmp_path, token=f"{issued}\n", ca=cluster.ca_file.read_bytes())
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca"))
    pod = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(cluster.port)}
    mark = cluster.mark()
    run = within(tmp_path / "none", "lint", "--all-contexts", "-f", "concise", variables=pod)
    assert "context:in-cluster kube-system/aws-auth mapRoles:8:13: error[AM101]" in run.stdout
    assert who(cluster, mark)["username"] == "system:serviceaccount:kube-system:auditor"
    (tmp_path / "token").unlink()
    run = within(tmp_path / "none", "lint", "--context=in-cluster", variables=pod)
    assert run.returncode == 2
    assert "service account cannot be used: Service token file does not exist" in run.stderr


def test_names_and_globs(cluster: Cluster, tmp_path: Path) -> None:
    names = ["prod-eu", "prod-us", "prod[1]", "stage", "a:b/c"]
    config = tmp_path / "config"
    for name in names:
        cluster.kubeconfig("editor", context=name, path=config)

    def linted(*patterns: str) -> list[str]:
        named = [f"--context={pattern}" for pattern in patterns]
        run = within(config, "lint", "-f", "json", *named)
        paths = [finding["path"] for finding in json.loads(run.stdout)["findings"]]
        return sorted({path.removeprefix("context:").split(" ")[0] for path in paths})

    assert linted("prod-*", "stage", "prod-eu") == ["prod-eu", "prod-us", "stage"]
    assert linted("prod[1]") == ["prod[1]"]  # an exact name wins over a glob
    assert linted("*/c") == ["a:b/c"]
    run = within(config, "lint", "--context=prd-eu")
    assert run.returncode == 2
    assert run.stderr == (
        "authmap: error: no context matches `prd-eu`; available: `prod-eu`, `prod-us`\n"
    )
