"""The data that rules work with: maps, kubeconfigs, RBAC bindings, options and findings."""
