"""Words from outside never become markup: the encoder, and every call that could forget it."""

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboard
from dashboard.text import WORD_JOINER, Safe, enc, join, md, signed, visible

PACKAGE = Path(dashboard.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

SINKS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "markdown": ((0,), ("body", "help")),
    "caption": ((0,), ("body", "help")),
    "title": ((0,), ("body", "help")),
    "header": ((0,), ("body", "help")),
    "subheader": ((0,), ("body", "help")),
    "badge": ((0,), ("label", "help")),
    "metric": ((0, 1, 2), ("label", "value", "delta", "delta_description", "help")),
    "button": ((0,), ("label", "help")),
    "link_button": ((0,), ("label", "help")),
    "download_button": ((0,), ("label", "help")),
    "page_link": ((), ("label", "help")),
    "pills": ((0,), ("label", "help")),
    "segmented_control": ((0,), ("label", "help")),
    "radio": ((0,), ("label", "help")),
    "selectbox": ((0,), ("label", "help", "placeholder")),
    "multiselect": ((0,), ("label", "help", "placeholder")),
    "checkbox": ((0,), ("label", "help")),
    "toggle": ((0,), ("label", "help")),
    "text_input": ((0,), ("label", "help", "placeholder")),
    "text_area": ((0,), ("label", "help", "placeholder")),
    "number_input": ((0,), ("label", "help")),
    "slider": ((0,), ("label", "help")),
    "expander": ((0,), ("label",)),
    "popover": ((0,), ("label", "help")),
    "tabs": ((0,), ("tabs",)),
    "dialog": ((0,), ("title",)),
    "success": ((0,), ("body",)),
    "info": ((0,), ("body",)),
    "warning": ((0,), ("body",)),
    "error": ((0,), ("body",)),
    "toast": ((0,), ("body",)),
    "progress": ((1,), ("text",)),
    "spinner": ((0,), ("text",)),
    "html": ((0,), ("body",)),
    "Page": ((), ("title", "help")),
    "TextColumn": ((0,), ("label", "help")),
    "NumberColumn": ((0,), ("label", "help")),
    "ProgressColumn": ((0,), ("label", "help")),
    "BarChartColumn": ((0,), ("label", "help")),
    "LinkColumn": ((0,), ("label", "help", "display_text")),
}
"""Method -> positions and names of arguments that Streamlit reads as Markdown or HTML."""

CHOICES = ("pills", "segmented_control", "radio", "selectbox", "multiselect")
"""Their options are Markdown too: literals, or a `format_func` that encodes."""

FORBIDDEN = (
    "write",  # guesses what it was given
    "table",  # cells and headers are Markdown
    "ImageColumn",
    "MarkdownColumn",
    "JsonColumn",
    "json",
    "mermaid",
    "graphviz_chart",
    "echarts_chart",
    "iframe",
    "exception",
    "components",
    "latex",
)


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr


def functions_returning_safe() -> set[str]:
    found = {"enc", "md", "join", "signed"}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or node) == "Safe":
                found.add(node.name)
    return found


def constants(tree: ast.Module) -> set[str]:
    """Names that the module binds to a literal, once."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_literal(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def is_safe(node: ast.expr, names: set[str], encoders: set[str]) -> bool:
    if _is_literal(node):
        return True
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.IfExp):
        return is_safe(node.body, names, encoders) and is_safe(node.orelse, names, encoders)
    if isinstance(node, ast.ListComp):
        return is_safe(node.elt, names, encoders)
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in encoders
    return False


def arguments(call: ast.Call, name: str) -> Iterator[ast.expr]:
    positions, keywords = SINKS[name]
    yield from (call.args[at] for at in positions if at < len(call.args))
    yield from (each.value for each in call.keywords if each.arg in keywords)
    if name in CHOICES:
        yield from (each.value for each in call.keywords if each.arg == "captions")


def option_problem(call: ast.Call, names: set[str], encoders: set[str]) -> bool:
    given_format = next((k.value for k in call.keywords if k.arg == "format_func"), None)
    if isinstance(given_format, ast.Name):
        return given_format.id not in encoders
    options = call.args[1] if len(call.args) > 1 else None
    if isinstance(options, ast.Call):  # list(NAMES)
        options = options.args[0] if options.args else None
    literal_options = options is not None and is_safe(options, names, encoders)
    if given_format is None:
        return not literal_options
    if not isinstance(given_format, ast.Lambda):
        return True
    return not literal_options and not is_safe(given_format.body, names, encoders)


def problems(source: str, encoders: set[str]) -> list[str]:
    tree = ast.parse(source)
    names = constants(tree) | {"PERIODS", "SHOWN"}
    found = [each for call, name in calls(tree) for each in _of_call(call, name, names, encoders)]
    for node in ast.walk(tree):
        function = getattr(getattr(node, "func", None), "id", "")
        if function == "md" and not isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
            found.append("the template of md is not a literal")
        if function == "Safe":
            found.append("Safe is made by enc, md and join only")
        if isinstance(node, ast.ImportFrom) and node.module == "streamlit":
            found.append("import streamlit as st, so that sinks are seen")
    return found


def _of_call(call: ast.Call, name: str, names: set[str], encoders: set[str]) -> Iterator[str]:
    owner = ast.unparse(call.func).partition(".")[0]
    if name in FORBIDDEN and owner in ("st", "column"):
        yield f"line {call.lineno}: {name} is not used here"
    for keyword in call.keywords:
        if keyword.arg and keyword.arg.startswith("unsafe"):
            yield f"line {call.lineno}: {keyword.arg}"
    if name not in SINKS or owner in ("alt", "shell"):
        return
    for each in arguments(call, name):
        if not is_safe(each, names, encoders):
            yield f"line {call.lineno}: {name}({ast.unparse(each)})"
    if name in CHOICES and option_problem(call, names, encoders):
        yield f"line {call.lineno}: options of {name} are not encoded"


@pytest.mark.parametrize(
    "file",
    [f for f in FILES if f.name != "text.py"],
    ids=lambda file: str(file.relative_to(PACKAGE)),
)
def test_no_call_gives_words_from_outside_to_a_markdown_sink(file: Path) -> None:
    assert problems(file.read_text(), functions_returning_safe()) == []


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown(f'# {title}')",
        "st.markdown(title)",
        "st.caption('a' + title)",
        "st.metric('n', value)",
        "st.button(title)",
        "st.write('x')",
        "st.table(rows)",
        "st.markdown('x', unsafe_allow_html=True)",
        "st.column_config.ImageColumn('x')",
        "st.pills('Agents', agents)",
        "st.pills('Agents', agents, format_func=str)",
        "st.radio('Rule', ids, format_func=lambda each: titles[each])",
        "st.radio('Rule', ['a'], captions=[each for each in titles])",
        "st.markdown(md(template, a=1))",
        "st.html(f'<b>{title}</b>')",
        "left.markdown(title)",
        "st.markdown(Safe(title))",
        "from streamlit import markdown",
    ],
)
def test_the_check_catches_a_forgotten_encoder(line: str) -> None:
    assert problems(line, functions_returning_safe())


def test_a_value_is_shown_as_it_is_and_a_template_as_markdown() -> None:
    shown = md("**{k}** of {n}", k="*6*", n="a_b")

    assert shown == "**&#42;6&#42;** of a&#95;b"


def test_encoding_twice_is_encoding_once() -> None:
    once = enc("![x](http://evil/x.png)")

    assert once == "&#33;&#91;x&#93;&#40;http&#58;&#8288;&#47;&#47;evil&#47;x&#46;png&#41;"
    assert enc(once) == once
    assert md("{a}", a=once) == once


def test_a_signed_number_begins_with_its_sign_because_the_arrow_is_taken_from_it() -> None:
    assert signed(-16.04, "pts") == "-16.0 pts"
    assert signed(2.5, "*") == "+2.5 &#42;"


def test_text_made_from_encoded_text_is_encoded_again_unless_joined() -> None:
    safe = enc("a*")

    assert enc(safe + "*") == "a&#38;&#35;42&#59;&#42;"
    assert join([safe, Safe("b")]) == "a&#42; b"


def test_a_hyphen_inside_a_word_stays_and_one_that_could_begin_a_list_does_not() -> None:
    assert enc("claude-code") == "claude-code"
    assert enc("- item") == "&#45; item"
    assert enc("a--b") == "a&#45;&#45;b"


def test_nothing_is_a_dash() -> None:
    assert enc(None) == "&#8211;"


def test_invisible_characters_are_spelt_out() -> None:
    assert visible("a\u200bb\u202ec\x1b\n") == "a\\u{200b}b\\u{202e}c\\u{001b}\n"


@given(st.text())
def test_what_the_browser_shows_is_the_text_with_spaces_folded(text: str) -> None:
    encoded = enc(text)

    shown = html.unescape(encoded).replace(WORD_JOINER, "")
    assert shown == visible(" ".join(_words(text)))
    left = set(encoded) - {" "}
    assert all(each.isalnum() or each in "&#;-" for each in left)


def _words(text: str) -> list[str]:
    return re.split(r"\s+", text)
