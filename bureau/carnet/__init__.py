"""Contacts and addresses: their pages, and replacing one everywhere."""
