"""What the tests share: servers and sites, tokens, the README's blocks, a browser.

Imported as `from Support.tokens import KEY` by tests and tools (pytest.ini and the tools have `Tests` on their path).
A module with tests is imported by nobody.
"""
