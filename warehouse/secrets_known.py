"""The forms of secrets that are recognised by their own text: data, each with where it is described.

Prefixes are what a provider prints in front of its tokens so that scanners can find them; each
pattern asks for the prefix and for the length and alphabet of what follows, so that prose about a
prefix stays prose.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One form of secret."""

    type: str
    gate: tuple[str, ...]
    """Literals one of which must occur (compared in lower case) before the pattern is tried."""
    pattern: str
    """A linear regular expression; group `secret`, when there is one, is all that is replaced."""
    source: str


_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_END = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_INSIDE = r"(?:[^-]|-(?!----(?:BEGIN|END) ))"
# What may stand between the lines of a key: line ends (escaped by JSON, even twice), quote marks of a
# diff or a mail, the time a runner prints before each line.
_BETWEEN = r"(?:(?:\\{1,4}[nr]|\s){1,8}[>|+\-]?[ \t]{0,8}(?:\d{4}-\d\d-\d\dT[0-9:.]{8,18}Z?[ \t])?)"
_KEY_LINE = (
    r"(?:M[A-Z][A-Za-z0-9+/]{2,}={0,2}|[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{1,15}={1,2}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment): [^\n\\]{1,100})(?![A-Za-z0-9+/=])"
)

FORMS: tuple[Form, ...] = (
    Form(
        "private-key",
        ("private key",),
        # A whole key has a line of base64 in it; source code that names both ends has not.
        rf"{_BEGIN}(?={_INSIDE}{{0,1000}}?[A-Za-z0-9+/]{{40}}){_INSIDE}{{0,65000}}{_END}",
        "RFC 7468",
    ),
    Form(
        "private-key",
        ("private key",),
        rf"{_BEGIN}(?:{_BETWEEN}{_KEY_LINE}){{1,2000}}",
        "RFC 7468; a block that was cut off ends where its lines of base64 end",
    ),
    Form(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b",
        "github.blog 2021-04-05, new token formats",
    ),
    Form(
        "github-token",
        ("github_pat_",),
        r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b",
        "GitHub docs, fine-grained tokens",
    ),
    Form(
        "gitlab-token",
        ("glpat-",),
        r"\bglpat-[A-Za-z0-9_\-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?",
        "GitLab docs, token prefixes",
    ),
    Form(
        "aws-key-id",
        ("akia", "asia"),
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        "AWS docs, unique identifiers",
    ),
    Form(
        "slack-token",
        ("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe", "xoxc-", "xoxd-", "xapp-"),
        r"\b(?:xoxe\.xox[bp]|xox[bparsecd]|xapp)-[A-Za-z0-9\-%]{10,400}",
        "Slack docs, token types",
    ),
    Form(
        "slack-webhook",
        ("hooks.slack.com/services/",),
        r"hooks\.slack\.com/services/(?P<secret>T[A-Za-z0-9]{6,12}/B[A-Za-z0-9]{6,12}/[A-Za-z0-9]{16,48})",
        "Slack docs, incoming webhooks",
    ),
    Form(
        "stripe-key",
        ("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"),
        r"\b(?:(?:sk|rk)_(?:live|test)|whsec)_[A-Za-z0-9]{16,247}\b",
        "Stripe docs, API keys",
    ),
    Form("anthropic-key", ("sk-ant-",), r"\bsk-ant-[A-Za-z0-9_\-]{20,200}", "Anthropic console"),
    Form(
        "openai-key",
        ("sk-",),
        r"\bsk-(?!ant-)(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_\-]{20,250}|[A-Za-z0-9]{32,64}\b)",
        "OpenAI platform, project and user keys",
    ),
    Form(
        "google-key",
        ("aiza",),
        r"\bAIza[A-Za-z0-9_\-]{35}(?![A-Za-z0-9_\-])",
        "Google Cloud docs, API keys",
    ),
    Form(
        "google-token", ("ya29.",), r"\bya29\.[A-Za-z0-9_\-]{20,500}", "Google OAuth access tokens"
    ),
    Form("npm-token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b", "npm docs, access tokens"),
    Form(
        "python-index-token",
        ("pypi-ageichlw",),
        r"\bpypi-AgEIcHlw[A-Za-z0-9_\-]{50,1000}",
        "token of the Python package index; a macaroon, so its first bytes are fixed",
    ),
    Form(
        "sendgrid-key",
        ("sg.",),
        r"\bSG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}",
        "SendGrid docs, API keys",
    ),
    Form(
        "twilio-key",
        ("twilio",),
        r"\bSK[0-9a-f]{32}\b",
        "Twilio docs, API key SIDs; hex alone is a checksum, so the text must name Twilio",
    ),
    Form(
        "huggingface-token", ("hf_",), r"\bhf_[A-Za-z0-9]{34}\b", "Hugging Face docs, user tokens"
    ),
    Form(
        "digitalocean-token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        r"\bdo[opr]_v1_[0-9a-f]{64}\b",
        "DigitalOcean docs, token prefixes",
    ),
    Form("databricks-token", ("dapi",), r"\bdapi[0-9a-f]{32}(?:-\d)?\b", "Databricks docs, tokens"),
    Form("linear-key", ("lin_api_",), r"\blin_api_[A-Za-z0-9]{32,64}\b", "Linear docs, API keys"),
    Form(
        "shopify-token",
        ("shpat_", "shpss_", "shpca_", "shppa_"),
        r"\bshp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}\b",
        "Shopify docs, access tokens",
    ),
    Form(
        "telegram-token",
        (":aa",),
        r"\b\d{8,10}:AA[A-Za-z0-9_\-]{33}(?![A-Za-z0-9_\-])",
        "Telegram bot API, tokens",
    ),
    Form(
        "sentry-token",
        ("sntrys_", "sntryu_"),
        r"\bsntry[su]_[A-Za-z0-9+/=_\-]{20,500}",
        "Sentry docs, auth tokens",
    ),
    Form(
        "jwt",
        ("eyj",),
        r"\beyJ[A-Za-z0-9_\-]{8,2000}\.eyJ[A-Za-z0-9_\-]{8,4000}\.[A-Za-z0-9_\-]{16,1000}",
        "RFC 7519; both parts are JSON objects, so both begin with eyJ",
    ),
    Form(
        "azure-key",
        ("accountkey=", "sharedaccesskey="),
        r"(?i:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,90}={0,2})",
        "Azure docs, connection strings",
    ),
    Form(
        "url-password",
        ("://",),
        r"://[^\s:/@\"'<>\\]{1,100}:(?!\$\{?\w{1,60}\}?@|\{{1,2}\w{0,60}\}{1,2}@|\*{1,20}@)"
        r"(?P<secret>[^\s:/@\"'<>\\]{3,200})@",
        "RFC 3986 section 3.2.1, userinfo; a variable or stars in its place are no password",
    ),
    Form(
        "bearer-token",
        ("bearer ", "basic "),
        r"(?i:authorization[\\\"']{0,6}\s{0,3}[:=]\s{0,3}[\\\"']{0,6}(?:bearer|basic)) (?P<secret>[A-Za-z0-9+/_.~=\-]{12,2000})",
        "RFC 6750, RFC 7617; in headers of logs",
    ),
)

SECRET_KEYS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "client_secret",
    "secret_key",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "api_key",
    "apikey",
    "x_api_key",
    "access_key",
    "secret_access_key",
    "private_key",
    "authorization",
    "proxy_authorization",
    "cookie",
    "set_cookie",
    "session_key",
    "credentials",
    "webhook_secret",
    "signing_key",
    "encryption_key",
    "connection_string",
    "dsn",
)
"""Keys of JSON objects whose string values are secrets whatever they look like. Compared in lower
case without `-`, `_`, `.` and spaces, whole: `token_count` and `tokens` are not among them."""
