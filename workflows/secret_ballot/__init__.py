"""The double envelope of a secret vote: pure functions over PyNaCl, no database, no web.

A member's choices are sealed for the box before they are stored (`sealing`); the box's private key exists only
inside a short-lived child process (`keeper`), once when the box is made and once when two of three tellers open
it; what everybody may check afterwards is the board (`board`, `verifier`). Facts, guarantees and limits:
README, "Secret ballots".
"""
