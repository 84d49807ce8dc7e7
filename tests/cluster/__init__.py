"""A real etcd and kube-apiserver on loopback, and the tests that run on them."""
