"""Findings to rules, and rules to repositories."""
