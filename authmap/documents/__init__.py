"""Finds the aws-auth maps in documents; one module for each form of input."""
