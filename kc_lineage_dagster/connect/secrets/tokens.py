"""Tokens with a recognizable form, and addresses that are credentials: one line each, below the source of its form.

detect-secrets was measured for this: it takes half a second to import and knows three of the eleven token kinds that
its own users plant most (no Vault, Docker, Shopify, Atlassian, Databricks, PyPI project token, OpenAI project key).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kc_lineage_dagster.connect.secrets.cut import Secrets, cut_group

# Letters of both cases and a digit, which tell a token from a topic that begins alike (sk-orders-of-all-customers).
_MIXED = r"(?=[\w\-]*[a-z])(?=[\w\-]*[A-Z])(?=[\w\-]*\d)"

# (needle: a piece of text that every token of the kind holds, pattern whose group 1 is the secret)
_KINDS: tuple[tuple[str, str], ...] = (
    # RFC 7519, JSON Web Token
    ("eyJ", r"(?<![\w\-])(eyJ[\w\-]{8,}(?:\.[\w\-]*){1,4})"),
    # docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html, "Understanding unique ID prefixes"
    ("AKIA", r"(?<![A-Za-z0-9])(AKIA[0-9A-Z]{16})(?![A-Za-z0-9])"),
    ("ASIA", r"(?<![A-Za-z0-9])(ASIA[0-9A-Z]{16})(?![A-Za-z0-9])"),
    ("ABIA", r"(?<![A-Za-z0-9])(ABIA[0-9A-Z]{16})(?![A-Za-z0-9])"),
    # cloud.google.com/docs/authentication/api-keys; developers.google.com/identity/protocols/oauth2
    ("AIza", r"(?<![\w\-])(AIza[\w\-]{30,})"),
    ("ya29.", r"(?<![\w\-])(ya29\.[\w\-]{20,})"),
    ("GOCSPX-", r"(?<![\w\-])(GOCSPX-[\w\-]{20,})"),
    # github.blog, "Behind GitHub's new authentication token formats"
    ("gh", r"(?<!\w)(gh[pousr]_[A-Za-z0-9]{20,})(?!\w)"),
    ("github_pat_", r"(?<!\w)(github_pat_\w{20,})"),
    # docs.gitlab.com/security/tokens, "Token prefixes"
    ("gl", r"(?<![\w\-])(gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-(?=[\w\-]*\d)[\w\-]{16,})"),
    # api.slack.com/authentication/token-types
    ("xox", r"(?<![\w\-])(xox[abceoprs]-[\w\-]{10,})"),
    ("xapp-", r"(?<![\w\-])(xapp-[\w\-]{10,})"),
    # docs.stripe.com/keys
    ("_live_", r"(?<!\w)([sr]k_live_(?=\w*\d)[A-Za-z0-9]{10,})(?!\w)"),
    ("_test_", r"(?<!\w)([sr]k_test_(?=\w*\d)[A-Za-z0-9]{10,})(?!\w)"),
    ("whsec_", r"(?<!\w)(whsec_(?=\w*\d)[A-Za-z0-9]{10,})(?!\w)"),
    # docs.databricks.com, "Personal access token"
    ("dapi", r"(?<!\w)(dapi[0-9a-f]{32})(?!\w)"),
    # docs.sendgrid.com/ui/account-and-settings/api-keys; mailgun, mailchimp
    ("SG.", r"(?<![\w.])(SG\.[\w\-]{22}\.[\w\-]{43})(?![\w\-])"),
    # docs.npmjs.com/about-access-tokens; pypi.org/help/#apitoken; docs.docker.com, "Personal access tokens"
    ("npm_", r"(?<!\w)(npm_[A-Za-z0-9]{30,})"),
    ("pypi-", r"(?<![\w\-])(pypi-[\w\-]{50,})"),
    ("dckr_", r"(?<!\w)(dckr_[po]at_[\w\-]{20,})"),
    # developer.hashicorp.com/vault/docs/concepts/tokens, "Token prefixes"; Terraform Cloud
    ("hv", r"(?<![\w.])(hv[sbr]\." + _MIXED + r"[\w\-]{20,})"),
    ("atlasv1.", r"(?<![\w.])(\w{14}\.atlasv1\.[\w\-]{40,})"),
    # platform.openai.com/docs/api-reference/authentication; docs.anthropic.com
    ("sk-", r"(?<![\w\-])(sk-" + _MIXED + r"[\w\-]{20,})"),
    # shopify.dev/docs/apps/auth, "Access token prefixes"
    ("shp", r"(?<!\w)(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})"),
    # support.atlassian.com, "Manage API tokens"
    ("ATATT", r"(?<![\w\-])(ATATT3[\w\-=]{20,})"),
    ("ATBB", r"(?<![\w\-])(ATBB[\w\-=]{20,})"),
    # core.telegram.org/bots/api#authorizing-your-bot
    (":AA", r"(?<!\d)(\d{8,10}:AA[\w\-]{32,})"),
    # developers.hubspot.com; docs.newrelic.com, "API keys"; grafana.com/docs, "Service account tokens"
    ("pat-", r"(?<![\w\-])(pat-(?:na|eu)\d-[0-9a-f\-]{30,})"),
    ("NR", r"(?<![\w\-])(NR(?:AK|II|JS)-[A-Z0-9]{20,})"),
    ("glsa_", r"(?<!\w)(glsa_" + _MIXED + r"\w{32,})"),
    ("glc_", r"(?<![\w\-])(glc_[\w+/=]{32,})"),
    # developer.squareup.com; www.twilio.com/docs/iam/api-keys; developers.notion.com; linear.app/developers
    ("sq0", r"(?<![\w\-])(sq0(?:atp|csp)-[\w\-]{20,})"),
    ("EAAA", r"(?<![\w\-])(EAAA[\w\-]{58,})"),
    ("secret_", r"(?<!\w)(secret_" + _MIXED + r"[A-Za-z0-9]{40,})"),
    ("lin_api_", r"(?<!\w)(lin_api_\w{30,})"),
    # learn.microsoft.com/azure/storage, Entra client secrets ("8Q~" after three characters)
    ("Q~", r"(?<![\w\-])([\w\-.~]{3}\dQ~[\w\-.~]{30,})"),
    # docs.confluent.io/cloud, API secrets since 2025
    ("cflt", r"(?<!\w)(cflt[A-Za-z0-9+/]{50,})"),
    # age-encryption.org; developers.cloudflare.com; docs.digitalocean.com
    ("AGE-SECRET-KEY-", r"(AGE-SECRET-KEY-1[A-Z0-9]{50,})"),
    ("dop_v1_", r"(?<!\w)(do[opr]_v1_[0-9a-f]{40,})"),
    # --- addresses that are credentials: whoever knows one may write to it ---
    # api.slack.com/messaging/webhooks
    ("hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/]+)"),
    # learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors
    ("webhook.office.com/", r"webhook\.office\.com/([\w\-@/.]+)"),
    ("outlook.office", r"outlook\.office(?:365)?\.com/webhook/([\w\-@/.]+)"),
    # discord.com/developers/docs/resources/webhook
    ("/api/webhooks/", r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/([\w\-/]+)"),
    # core.telegram.org/bots/api#making-requests
    ("/bot", r"/bot(\d{5,12}:[\w\-]{10,})"),
    # support.pagerduty.com, "Services and Integrations"; zapier.com; ifttt.com; mattermost.com; rocket.chat
    ("pagerduty.com/integration/", r"pagerduty\.com/integration/([\w\-]+)"),
    ("hooks.zapier.com/hooks/", r"hooks\.zapier\.com/hooks/\w+/([\w/\-]+)"),
    # help.sumologic.com, "HTTP Logs and Metrics Source"; docs.datadoghq.com/api/latest/logs
    ("/receiver/v1/http/", r"/receiver/v1/http/([\w+/=\-]+)"),
    ("/v1/input/", r"/v1/input/([0-9a-fA-F]{32,})"),
    ("/with/key/", r"/with/key/([\w\-]+)"),
    ("/hooks/", r"/hooks/((?=\w*\d)[a-z0-9]{26}|\w+/" + _MIXED + r"[\w\-]{20,})(?![\w\-])"),
)
_SCANS: tuple[tuple[str, Callable[[str, Secrets], str]], ...] = tuple(
    (needle, cut_group(re.compile(pattern))) for needle, pattern in _KINDS
)
NEEDLES = tuple(needle for needle, _ in _KINDS)


def tokens(text: str, found: Secrets) -> str:
    """Cut every token of a known form, and add it to ``found``."""
    for needle, scan in _SCANS:
        if needle in text:
            text = scan(text, found)
    return text
