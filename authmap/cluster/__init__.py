"""Live clusters: read aws-auth, mend it without locking anyone out, and take it back.

The only part of authmap that knows the Kubernetes client, and the only one with a network.
"""
