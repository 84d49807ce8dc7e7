"""Tests that run on a real etcd and kube-apiserver on loopback."""
