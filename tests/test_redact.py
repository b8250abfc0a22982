"""Secrets never pass; everything else passes unchanged."""

import json
import re
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import redact as module
from warehouse.errors import BadInput
from warehouse.redact import Redacted, bind_key, redact, redact_payload
from warehouse.secrets_known import FORMS, SECRET_KEYS

LETTERS = string.ascii_letters + string.digits


def fill(n: int, alphabet: str = LETTERS) -> str:
    """`n` characters that look random and are always the same."""
    return "".join(alphabet[(7 * i * i + 3 * i) % len(alphabet)] for i in range(n))


HEX = "0123456789abcdef"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE" + fill(64) + "\n-----END RSA PRIVATE KEY-----"

PLANTED = {
    "github classic": "ghp_" + fill(36),
    "github oauth": "gho_" + fill(36),
    "github user": "ghu_" + fill(36),
    "github server": "ghs_" + fill(36),
    "github refresh": "ghr_" + fill(36),
    "github fine-grained": "github_pat_" + fill(22) + "_" + fill(59),
    "gitlab": "glpat-" + fill(20),
    "aws": "AKIA" + fill(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "aws temporary": "ASIA" + fill(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "slack": "xoxb-" + fill(12, string.digits) + "-" + fill(24),
    "slack app": "xapp-1-" + fill(40),
    "slack webhook": "https://hooks.slack.com/services/T"
    + fill(8)
    + "/B"
    + fill(8)
    + "/"
    + fill(24),
    "stripe": "sk_live_" + fill(24),
    "stripe restricted": "rk_live_" + fill(24),
    "anthropic": "sk-ant-api03-" + fill(90),
    "openai": "sk-" + fill(48),
    "openai project": "sk-proj-" + fill(60),
    "google": "AIza" + fill(35),
    "google oauth": "ya29." + fill(60),
    "npm": "npm_" + fill(36),
    "python index": "pypi-AgEIcHlw" + fill(120),
    "sendgrid": "SG." + fill(22) + "." + fill(43),
    "twilio": "twilio key SK" + fill(32, HEX),
    "hugging face": "hf_" + fill(34, string.ascii_letters),
    "digitalocean": "dop_v1_" + fill(64, HEX),
    "databricks": "dapi" + fill(32, HEX),
    "linear": "lin_api_" + fill(40),
    "shopify": "shpat_" + fill(32, HEX),
    "telegram": "123456789:AA" + fill(33),
    "sentry": "sntrys_" + fill(60),
    "jwt": "eyJ" + fill(30) + ".eyJ" + fill(60) + "." + fill(43),
    "azure": "AccountKey=" + fill(86) + "==",
    "url": "postgres://app:" + fill(12) + "@db.internal:5432/app",
    "bearer": "Authorization: Bearer " + fill(40),
    "pem": PEM,
    "slack refresh": "xoxe.xoxp-1-" + fill(60),
    "slack cookie": "xoxd-" + fill(60),
    "gitlab routable": "glpat-" + fill(27) + ".01." + "0a1b2c3d4",
}


def core(name: str) -> str:
    """The part of a planted secret that must not survive."""
    text = PLANTED[name]
    return {
        "slack webhook": text.rpartition("services/")[2],
        "twilio": text.rpartition(" ")[2],
        "azure": text.partition("=")[2],
        "url": text.partition("app:")[2].partition("@")[0],
        "bearer": text.rpartition(" ")[2],
        "pem": "MIIE",
    }.get(name, text)


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "error: {} was refused",
        "KEY={}\n",
        "\x1b[31m{}\x1b[0m",
        '"{}",',
        "({})",
        "a\n{}\nb",
        "a\\n{}",
        "t%3D{}",
    ],
)
def test_a_planted_secret_does_not_survive(name: str, around: str) -> None:
    text = around.format(PLANTED[name])

    cleaned = redact(text)

    assert core(name) not in cleaned
    assert "<secret:" in cleaned
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_secret_does_not_survive_in_a_payload(name: str) -> None:
    stored = redact_payload({"log": {"lines": ["fine", PLANTED[name]]}}).text

    assert core(name) not in stored


def test_at_least_twenty_types_of_token_are_known() -> None:
    assert len({form.type for form in FORMS}) >= 20


def test_equal_secrets_have_equal_placeholders_and_others_do_not() -> None:
    one, two = PLANTED["npm"], "npm_" + fill(35) + "Z"

    assert redact(f"{one} {one}").split()[0] == redact(one)
    assert redact(one) != redact(two)


def test_the_placeholder_depends_on_the_homes_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_key", module._key)
    bind_key(b"a" * 32)
    first = redact(PLANTED["npm"])
    bind_key(b"b" * 32)

    assert redact(PLANTED["npm"]) != first


def test_a_private_key_in_json_with_escaped_newlines_is_found() -> None:
    text = json.dumps({"k": PEM})

    assert "MIIE" not in redact(text)


def test_an_unterminated_private_key_is_cut_to_the_end() -> None:
    assert redact("-----BEGIN PRIVATE KEY-----\nMIIEabc") == redact(
        "-----BEGIN PRIVATE KEY-----\nMIIEabc"
    )
    assert "MIIE" not in redact("x -----BEGIN PRIVATE KEY-----\nMIIEabc")


def test_a_private_key_longer_than_any_in_use_is_found() -> None:
    block = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}-----END PGP PRIVATE KEY BLOCK-----"

    cleaned = redact(block.format((fill(64) + "\n") * 900))

    assert re.fullmatch(r"<secret:private-key:[0-9a-f]{8}>", cleaned)


def test_a_private_key_behind_the_times_of_a_runner_is_found() -> None:
    lines = "\n".join(f"2026-11-02T10:00:00.1234567Z {line}" for line in PEM.split("\n"))

    assert fill(20) not in redact(lines)
    assert fill(20) not in redact(lines.rpartition("\n")[0])


def test_what_follows_a_private_key_that_was_cut_off_is_kept() -> None:
    text = f"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE{fill(56)}\nerror: cannot read the key\nmore"

    cleaned = redact(text)

    assert fill(20) not in cleaned
    assert cleaned.endswith(">\nerror: cannot read the key\nmore")


ORDINARY = [
    'if "-----BEGIN PRIVATE KEY-----" in text:\n    raise Refused("no keys here")',
    's.replace("-----BEGIN PRIVATE KEY-----", "").replace("-----END PRIVATE KEY-----", "")',
    "postgres://app:$DB_PASSWORD@db and https://app:${PW}@host and redis://app:***@cache",
    "commit 4bd6107c9f93429f1a73d8d4250d5bcd843b6073 in src/app.py",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "550e8400-e29b-41d4-a716-446655440000",
    "integrity sha512-" + fill(86) + "==",
    "https://example.com/a@b:c see user@example.com:22",
    "git@github.com:acme/app.git",
    "use sk-learn, not sk_learn; task-force; risk-averse",
    "token_count=5 tokens=3 and a tokenizer",
    "npm_config_cache npm_lifecycle_event",
    "hf_hub_download(repo)",
    "Bearer of bad news: basic arithmetic",
    "eyJhbGciOi is how a header begins",
    "SK00000000000000000000000000000000 is a checksum here",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "http://localhost:8080/path?x=1@2",
    "AKIA is a prefix",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_untouched(text: str) -> None:
    assert redact(text) == text


@given(st.text(alphabet=string.ascii_letters + string.digits + " .,:/@-_\n", max_size=300))
def test_repeating_it_changes_nothing(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(st.lists(st.sampled_from([*PLANTED.values(), *ORDINARY]), max_size=4))
def test_both_gates_find_the_same(parts: list[str]) -> None:
    literals = frozenset(literal for form in FORMS for literal in form.gate)
    pytest.importorskip("ahocorasick")
    text = " ".join(parts).lower()

    assert module.regex_gate(literals)(text) == module.automaton_gate(literals)(text)


def test_without_the_automaton_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join([*PLANTED.values(), *ORDINARY])
    expected = redact(text)
    literals = frozenset(literal for form in FORMS for literal in form.gate)
    monkeypatch.setattr(module, "gate", lambda: module.regex_gate(literals))

    assert redact(text) == expected


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_a_value_under_a_secret_key_is_replaced_whatever_it_looks_like(key: str) -> None:
    for spelt in (key, key.upper(), key.replace("_", "-")):
        assert "hunter2" not in redact_payload({"env": {spelt: "hunter2"}}).text


@pytest.mark.parametrize(
    "key", ["accessToken", "clientSecret", "privateKey", "Set-Cookie", "API key"]
)
def test_a_secret_key_is_known_however_it_is_spelt(key: str) -> None:
    assert "hunter2" not in redact_payload({"headers": {key: "hunter2"}}).text


def test_a_secret_that_was_sent_more_than_once_is_replaced_each_time() -> None:
    stored = redact_payload({"set-cookie": ["sid=hunter2", "id=hunter3"], "token": [{"line": "4"}]})

    assert "hunter" not in stored.text
    assert json.loads(stored.text)["token"] == [{"line": "4"}]


def test_keys_that_only_sound_secret_keep_their_values() -> None:
    body = {"token_count": "12", "tokens": "many", "secretary": "Ann", "password": None, "dsn": 5}

    assert json.loads(redact_payload(body).text) == body


def test_a_payload_is_canonical_json() -> None:
    assert redact_payload({"b": 1, "a": "é"}).text == '{"a":"é","b":1}'


def test_a_redacted_payload_redacted_again_is_the_same() -> None:
    once = redact_payload({"password": "x", "log": PLANTED["npm"], "long": "y" * 200_000})

    assert redact_payload(json.loads(once.text)) == once


def test_lone_surrogates_and_nul_become_replacement_characters() -> None:
    assert json.loads(redact_payload({"a": "x\ud800y\x00z"}).text) == {"a": "x\ufffdy\ufffdz"}


def test_an_overlong_string_keeps_head_and_tail() -> None:
    kept = json.loads(redact_payload({"log": "H" + "m" * 1_000_000 + "T"}).text)["log"]

    assert len(kept) <= 64 << 10
    assert (kept[0], kept[-1]) == ("H", "T")
    assert "characters cut" in kept


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": {1, 2}}, "not JSON"),
        ({"a": float("nan")}, "not JSON"),
        ({1: "a"}, "the key 1 is no string"),
        ({"a": [{None: "b"}]}, "the key None is no string"),
        ({"a": {True: "b"}}, "the key True is no string"),
        ({"a": {1.5: "b"}}, "the key 1.5 is no string"),
        ([1], "an object is wanted"),
    ],
)
def test_what_is_not_json_is_refused(value: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        redact_payload(value)


@pytest.mark.parametrize("depth", [201, 10_000])
def test_too_deep_a_payload_is_refused(depth: int) -> None:
    value: dict[str, object] = {}
    for _ in range(depth):
        value = {"a": value}

    with pytest.raises(BadInput, match=r"nested|not JSON"):
        redact_payload(value)


def test_a_payload_of_200_levels_is_kept() -> None:
    value: dict[str, object] = {}
    for _ in range(200):
        value = {"a": value}

    assert json.loads(redact_payload(value).text) == value


def test_text_keys_that_look_like_numbers_are_text() -> None:
    body = {"200": "ok", "null": "x", "quoted": '{"1": 2}'}

    assert json.loads(redact_payload(body).text) == body


def test_a_redacted_cannot_be_made_or_changed_by_hand() -> None:
    made = redact_payload({"a": 1})

    with pytest.raises(TypeError, match="redact_payload"):
        Redacted()
    with pytest.raises(AttributeError, match="does not change"):
        made._text = "{}"


def test_a_token_begins_at_a_word_or_after_what_merely_ends_in_a_letter() -> None:
    token = PLANTED["npm"]

    for before in ("", " ", "\x1b[0m", "\x1b[1;31m", "\\n", "%3D", "-", "/"):
        assert token not in redact(before + token)
    for before in ("x", "_", "9", "0m"):
        assert redact(before + token) == before + token


SOUP = [
    *PLANTED.values(),
    *ORDINARY,
    "\x1b[31m",
    "\\n",
    "%3D",
    "m",
    "_",
    "-",
    " ",
    "sk-",
    "eyJ",
    "SG.",
]


@given(st.lists(st.sampled_from(SOUP), max_size=6).map("".join))
def test_repeating_it_changes_nothing_in_a_soup_of_secrets_either(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


def test_a_token_glued_to_a_secret_is_the_same_the_second_time() -> None:
    glued = "glpat-" + fill(64) + PLANTED["npm"]

    once = redact(glued)

    assert once.startswith("<secret:gitlab-token:")
    assert redact(once) == once


@pytest.mark.parametrize(
    "unit",
    ["eyJ0m", "[0meyJ0", "sk-", "xoxb-", "a://b:ccc", "-----BEGIN PRIVATE KEY-----", "SG.aaaaaaaa"],
)
def test_a_hostile_text_takes_no_more_than_its_length(unit: str) -> None:
    text = "private key" + unit * (400_000 // len(unit))

    started = time.process_time()
    redact(text)

    assert time.process_time() - started < 2  # 0.1 s here; quadratic would be minutes
