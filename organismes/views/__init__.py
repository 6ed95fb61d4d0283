"""The views of sign-in, accounts, teams, tokens and messages, one module for each subject."""
