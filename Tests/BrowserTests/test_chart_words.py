"""Everything that the element says is said in the language of its place in the page, or in the page's own words."""

from __future__ import annotations

import json
import re

import pytest

from Support.pages import FRAME, drawn
from Support.readme import CHARTS
from Support.repository import HTDOCS
from Support.tinybird import answer
from Support.waiting import wait_until

LANGUAGES = sorted(file.stem.removeprefix("words-") for file in HTDOCS.glob("words-*.js"))
LOADED = "performance.getEntriesByType('resource').map(entry => entry.name.split('/').pop())" \
         ".filter(name => name.startsWith('words-'))"
META = [{"name": "day", "type": "Date"}, {"name": "sales", "type": "Decimal(9, 2)"}]
# For each language: a number and a date as it writes them, and what is said of no data, with the button, and a name.
SAID = {
    "en": ["1,234.50", "Feb 3, 2026", "There is no data to show.", "Try again", "Chart: bar chart"],
    "de": ["1.234,50", "3. Feb. 2026", "Es gibt keine Daten.", "Erneut versuchen", "Diagramm: Balkendiagramm"],
    "es": ["1234,50", "3 feb 2026", "No hay datos que mostrar.", "Reintentar", "Gráfico: gráfico de barras"],
    "fr": ["1 234,50", "3 févr. 2026", "Aucune donnée à afficher.", "Réessayer", "Graphique : graphique en barres"],
    "it": ["1234,50", "3 feb 2026", "Nessun dato da mostrare.", "Riprova", "Grafico: grafico a barre"],
    "pt": ["1.234,50", "3 de fev. de 2026", "Não há dados para mostrar.", "Tentar novamente", "Gráfico: gráfico de barras"],
}


def in_language(language: str, markup: str) -> str:
    return f'<div lang="{language}">{markup}</div>'


def sentences(language: str) -> dict[str, str]:
    file = HTDOCS / ("words.js" if language == "en" else f"words-{language}.js")
    return dict(re.findall(r'^  (\w+): "(.*)",$', file.read_text(), re.M))


def test_there_are_six_languages():
    assert ["en", *LANGUAGES] == list(SAID)


def test_the_documentation_has_the_keys_and_what_they_say():
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", CHARTS.partition("| key |")[2].partition("\n\n")[0], re.M)) == sentences("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_each_sentence_with_its_values(language):
    english, own = sentences("en"), sentences(language)

    assert len(english) > 30 and own.keys() == english.keys()
    for key in english:
        assert set(re.findall(r"\{\w+\}", own[key])) == set(re.findall(r"\{\w+\}", english[key])), key


def test_each_sentence_that_is_asked_for_is_there():
    """Keys that scripts pass are written as texts."""
    scripts = "".join(file.read_text() for file in HTDOCS.glob("*.js") if not file.name.startswith("words"))

    for key in re.findall(r'(?:new ChartError\(|say\()"(\w+)"', scripts):
        assert key in sentences("en"), key
    # And no other is there.
    for key in sentences("en"):
        assert re.search(rf'["\s]{key}[":]', scripts), key


@pytest.mark.parametrize("language", SAID)
def test_words_numbers_and_dates_are_those_of_the_language(tinybird, open_page, language):
    number, date, empty, retry, name = SAID[language]
    tinybird.json = answer([{"day": "2026-02-03", "sales": "1234.50"}], META)
    page = open_page(in_language(language, drawn("bar").replace('title="Sales by city"', "")))
    page.wait_for("ready")

    spaced = re.sub(r"[\u202f\xa0]", " ", page.inside("root.querySelector('tbody').textContent"))
    assert spaced == date + number
    assert page.inside("root.querySelector('canvas').ariaLabel") == name
    assert page.inside("root.querySelector('#note button').textContent") == retry
    tinybird.json = answer([])
    page.inside("chart.setAttribute('params', 'all=1')")
    page.wait_for("empty")
    assert page.status() == empty
    # No other language is loaded than that.
    assert set(page.value(LOADED)) == ({f"words-{language}.js"} if language != "en" else set())


@pytest.mark.parametrize("language", SAID)
def test_a_failure_is_said_in_the_language_and_told_so_to_the_page(site, open_page, language):
    site.mode = (503, "", {})
    page = open_page(in_language(language, FRAME))

    assert page.problem() == sentences(language)["unset"] == page.failures[0]["message"]
    # Authors search for their errors in English.
    assert "answered 503" in page.failures[0]["detail"]


@pytest.mark.parametrize("tag, spoken", [("de-AT", "de"), ("PT-br", "pt"), ("nl", "en"), ("", "en"), ("en_US", "en")])
def test_a_region_changes_no_words_and_an_unknown_language_has_english_ones(tinybird, fill_page, tag, spoken):
    tinybird.json = answer([])
    page = fill_page(in_language(tag, drawn()))

    page.wait_for("empty")
    assert page.status() == SAID[spoken][2]


def test_where_the_page_names_no_language_the_browsers_counts(tinybird, open_page):
    tinybird.json = answer([])
    page = open_page("", script="Object.defineProperty(navigator, 'language', {get: () => 'fr-CA'})")
    page.run(f"document.documentElement.removeAttribute('lang'); document.querySelector('main').innerHTML = {json.dumps(drawn())}")

    page.wait_for("empty")
    assert page.status() == SAID["fr"][2]


def test_the_language_is_found_through_shadow_roots(tinybird, fill_page):
    tinybird.json = answer([])
    page = fill_page('<div lang="it"><p id="outer"></p></div>')
    page.run(f"""const root = outer.attachShadow({{mode: "open"}});
        root.innerHTML = "<p></p>";
        root.firstChild.attachShadow({{mode: "open"}}).innerHTML = {json.dumps(drawn())};""")

    wait_until(lambda: page.value("customElements.get('tinybird-chart') !== undefined"), "the element")
    status = "outer.shadowRoot.firstChild.shadowRoot.firstChild.shadowRoot.querySelector('[role=status]').textContent"
    wait_until(lambda: page.value(status) == SAID["it"][2], "Italian")


def test_the_attribute_changes_the_language(tinybird, fill_page):
    tinybird.json = answer([])
    page = fill_page(drawn())
    page.wait_for("empty")

    page.inside("chart.lang = 'es'")

    wait_until(lambda: page.status() == SAID["es"][2], "Spanish")


def test_the_words_in_the_place_of_a_chart_are_not_said_in_two_languages(tinybird, open_page):
    tinybird.mode = "slow"
    page = open_page("", script="""
        window.said = [];
        window.listen = chart => new MutationObserver(() => said.push(chart.shadowRoot.querySelector("[role=status]").textContent))
            .observe(chart.shadowRoot.querySelector("[role=status]"), {childList: true, subtree: true});""")
    wait_until(lambda: page.value("customElements.get('tinybird-chart') !== undefined"), "the element")
    page.run(f"document.querySelector('main').innerHTML = {json.dumps(in_language('de', drawn()))};"
             "listen(document.querySelector('tinybird-chart'))")
    wait_until(lambda: page.value("said.length"), "a word")
    tinybird.mode = None
    tinybird.released.set()
    page.wait_for("ready")

    assert [text for text in page.value("said") if text] == [sentences("de")["loading"]]


def test_where_a_languages_words_cant_be_had_they_are_english(site, tinybird, open_url):
    site.files["/words-de.js"] = "export default {"
    tinybird.json = answer([])
    site.markup = in_language("de", drawn())
    page = open_url(f"{site.url}/page")

    page.wait_for("empty")
    assert page.status() == SAID["en"][2]


@pytest.mark.parametrize("is_early", [True, False], ids=["before the element is defined", "later"])
def test_a_page_may_have_words_of_its_own(site, tinybird, open_page, is_early):
    site.script = "document.querySelector('tinybird-chart').messages = {empty: 'Nothing sold on {title} yet', line: 7};"
    tinybird.json = answer([])
    first = '<script src="/own.js"></script>'
    page = open_page(in_language("de", drawn() + (first if is_early else "")))
    page.wait_for("empty")
    if not is_early:
        page.run(site.script)

    # What it doesn't name, stays as it was.
    wait_until(lambda: page.status() == "Nothing sold on {title} yet", "its own words")
    assert page.inside("root.querySelector('#note button').textContent") == SAID["de"][3]
    assert page.value("document.querySelector('tinybird-chart').messages.line") == 7


def test_own_words_change_what_is_drawn(tinybird, fill_page):
    rows = [{"city": f"city {at}", "sales": at + 1} for at in range(14)]
    tinybird.json = answer(rows)
    page = fill_page(drawn("pie"))
    page.wait_for("ready")

    page.inside("chart.messages = {others: 'All the rest'}")

    wait_until(lambda: page.inside("root.querySelector('.legend')?.textContent.endsWith('All the rest')"), "its own words")
