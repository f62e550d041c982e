"""One alert as HTML: for mail clients (tables, inline styles) and for the page that a link opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import Template

Rows = Sequence[tuple[str, str]]

_SIDES = {"long": "#0b66c3", "short": "#b45309"}
"""Blue and amber: told apart also by who sees red and green alike; the arrow says it too."""

# Inline colours are the light ones; clients that know the media query turn them over, the others ignore it.
_DOCUMENT = Template("""\
<!doctype html>
<html lang="$language"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>$title</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .ground { background: #0e1116 !important; } .card { background: #171c24 !important; }
  .ink { color: #e6ebf2 !important; } .quiet { color: #9aa5b4 !important; }
  .rule td { border-color: #2a313c !important; }
}
</style></head>
<body class="ground" style="margin:0;padding:0;background:#eef1f5;font-family:Roboto,Arial,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0"
 style="max-width:600px;background:#ffffff;border-radius:8px;border-top:4px solid $colour">
<tr><td style="padding:18px 20px">
<h1 class="ink" style="margin:0 0 12px;font-size:19px;line-height:1.3;color:#1b2330">$title</h1>
$before<table role="presentation" class="rule" width="100%" cellpadding="0" cellspacing="0">
$rows</table>
$after$notes</td></tr></table>
</td></tr></table></body></html>
""")
_ROW = Template("""\
<tr><td class="quiet" valign="top" style="padding:6px 14px 6px 0;border-bottom:1px solid #dde3ea;\
font-size:15px;line-height:1.4;color:#5b6675">$label</td>
<td class="ink" valign="top" style="padding:6px 0;border-bottom:1px solid #dde3ea;\
font-size:15px;line-height:1.4;color:#1b2330">$value</td></tr>
""")
_NOTE = Template("""\
<p class="quiet" style="margin:10px 0 0;font-size:12px;line-height:1.4;color:#5b6675">$note</p>
""")
_BUTTON = Template("""\
<table role="presentation" cellpadding="0" cellspacing="0" style="display:inline-block;margin:8px 8px 0 0">
<tr><td bgcolor="#2b4a6f" style="border-radius:6px"><a href="$address" style="display:inline-block;\
padding:10px 14px;color:#ffffff;text-decoration:none;font-size:15px">$label</a></td></tr></table>
""")
_FORM = Template("""\
<form method="post" style="margin:14px 0 6px">
$choices<label class="quiet" style="display:block;padding:8px 0;color:#5b6675;font-size:14px">$note
<input name="note" maxlength="$longest" style="width:100%;box-sizing:border-box;padding:8px;\
font-size:16px"></label>
<button style="padding:10px 16px;font-size:16px;color:#ffffff;background:#2b4a6f;border:0;\
border-radius:6px">$submit</button></form>
""")
_PICK = Template("""\
<form method="post" style="margin:14px 0 6px">
$choices<button style="padding:10px 16px;font-size:16px;color:#ffffff;background:#2b4a6f;border:0;\
border-radius:6px">$submit</button></form>
""")
_CHOICE = Template("""\
<label class="ink" style="display:block;padding:7px 0;color:#1b2330;font-size:16px">
<input type="radio" name="$name" value="$value" required$checked> $label</label>
""")


def document(
    title: str,
    rows: Rows,
    notes: Sequence[str],
    language: str,
    *,
    side: str = "",
    before: str = "",
    after: str = "",
) -> str:
    """Return a page of 600 px at most: title, labelled values, small notes.

    `before` the values stands what it holds, behind them `after` (both HTML).
    """
    return _DOCUMENT.substitute(
        language=escape(language),
        title=escape(title),
        colour=_SIDES.get(side, "#5b6675"),
        rows="".join(_ROW.substitute(label=escape(label), value=escape(value)) for label, value in rows),
        before=before,
        after=after,
        notes="".join(_NOTE.substitute(note=escape(note)) for note in notes),
    )


def buttons(links: Mapping[str, str]) -> str:
    """Return label -> address as buttons that wrap on a narrow screen."""
    made = (_BUTTON.substitute(address=escape(to), label=escape(label)) for label, to in links.items())
    return f'<div style="padding:10px 0 4px">\n{"".join(made)}</div>\n' if links else ""


def form(choices: Mapping[str, str], chosen: str | None, longest: int, note: str, submit: str) -> str:
    """Return a form that posts `decision` (value -> label) and `note` to the page's own address.

    `longest` is how many characters the note may have; `note` and `submit` are labels.
    """
    made = _choices("decision", choices, chosen)
    return _FORM.substitute(choices=made, longest=longest, note=escape(note), submit=escape(submit))


def pick(name: str, choices: Mapping[str, str], chosen: str | None, submit: str) -> str:
    """Return a form that posts one of the choices (value -> label) as `name` to the page's own address."""
    return _PICK.substitute(choices=_choices(name, choices, chosen), submit=escape(submit))


def _choices(name: str, choices: Mapping[str, str], chosen: str | None) -> str:
    ticked = {chosen: " checked"}
    return "".join(
        _CHOICE.substitute(name=name, value=escape(value), label=escape(label), checked=ticked.get(value, ""))
        for value, label in choices.items()
    )
