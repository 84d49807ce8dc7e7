"""Live clusters: read aws-auth, fix it without locking anyone out, and roll it back.

This is the only part of authmap that imports the Kubernetes client or uses the network.
"""
