"""Builds in pipelines: what the GitHub action and the GitLab template run."""
