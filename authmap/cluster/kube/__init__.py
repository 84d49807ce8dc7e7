"""Talk to a Kubernetes API server: kubeconfig, credentials, requests, responses."""
