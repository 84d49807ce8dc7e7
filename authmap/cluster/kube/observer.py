"""What a connection to a cluster reports while it works: logins, plugins, requests."""

from __future__ import annotations


class Observer:
    """Receives the reports; this one ignores them.

    Its methods are called from several threads. No argument is secret.
    """

    def connects(self, context: str, server: str, source: str) -> None:
        """Credentials were loaded.

        Args:
            context: name of the kubeconfig context.
            server: URL of the API server.
            source: where the context comes from: a kubeconfig, or the pod's service account.
        """

    def logs_in_again(self, context: str, why: str, plugin: str) -> None:
        """A login follows whose plugin may ask the user something on the terminal.

        Args:
            context: name of the kubeconfig context.
            why: what the login is for, in words.
            plugin: command of the plugin.
        """

    def plugin_ended(self, context: str, plugin: str, code: int | None, seconds: float) -> None:
        """A credential plugin ended.

        Args:
            context: name of the kubeconfig context.
            plugin: command of the plugin.
            code: its exit code; None if it was stopped or cannot be run.
            seconds: how long it ran.
        """

    def request_ended(
        self, context: str, method: str, path: str, status: int | None, seconds: float
    ) -> None:
        """A request to the API server ended.

        Args:
            context: name of the kubeconfig context.
            method: HTTP method.
            path: path of the URL, without the query.
            status: status of the answer; None if there was none.
            seconds: how long it took.
        """
