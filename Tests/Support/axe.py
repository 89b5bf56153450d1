"""Breaches of WCAG in a page and inside of its charts, as axe-core finds them (Tests/requirements.txt)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from Support.browser import Page

# The package's own code, which needs another browser, is not run.
SCRIPT = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
    const [tags, done] = arguments;
    axe.run(document, {runOnly: tags, iframes: false, resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(
        ({violations, passes}) => done({passed: passes.map(rule => rule.id), found: violations.flatMap(rule =>
            rule.nodes.map(node => `${rule.id}: ${node.target.flat().join(" >>> ")}: ${node.failureSummary}`))}),
        error => done({passed: [], found: [String(error)]}));"""


def breaches(page: Page) -> list[str]:
    """What is against a rule: which, where, and why. At least 20 rules were looked at, and kept."""
    if not page.value("'axe' in window"):
        page.run(SCRIPT)
    result = page.driver.execute_async_script(RUN, RULES)
    assert len(result["passed"]) >= 20 or result["found"], result
    return result["found"]
