"""A verification in one sentence that a person can sign: what was checked, of which days, by which key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from local.audit import copy_note
from local.audit.copy_note import Coverage
from local.audit.finding_words import in_portuguese
from local.audit.keys import PublicKeys
from local.audit.verify import Verified, verify_folder
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.verification import Finding
from pregao.domain.text.words import counted

SENTENCES = {
    "pt": (
        "Conferência de {now} UTC: {records} em {objects}, {days} ({extent}), contra {digests} até {until}"
        " pela chave {key}: {result}."
    ),
    "en": (
        "Verified on {now} UTC: {records} in {objects}, {days} ({extent}), against {digests} until {until}"
        " by the key {key}: {result}."
    ),
}
WORDS = {
    "pt": {
        "days": "de {first} a {last}",
        "none": "de nenhum dia",
        "whole": "arquivo inteiro",
        "part": "cópia parcial, só esses dias",
        "holds": "tudo confere",
        "unproved": "NÃO PROVADO, sem sinal de alteração ({count}): {where}: {what}",
        "incomplete": (
            "INCOMPLETO, falta o que os resumos listam em {places}, o primeiro {where}: de uma cópia de"
            " alguns dias diga quais, --from e --to; de uma cópia inteira foi retirado"
        ),
        "broken": "NÃO CONFERE em {places}, o primeiro {where}: {what}",
    },
    "en": {
        "days": "from {first} to {last}",
        "none": "of no day",
        "whole": "the whole archive",
        "part": "a partial copy, those days alone",
        "holds": "everything holds",
        "unproved": "NOT PROVED, no sign of a change ({count}): {where}: {what}",
        "incomplete": (
            "INCOMPLETE, what digests list is missing in {places}, the first {where}: of a copy of some days"
            " say which, --from and --to; of a whole copy it was taken away"
        ),
        "broken": "DOES NOT HOLD in {places}, the first {where}: {what}",
    },
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether everything holds, and the sentence in each language, "pt" and "en"."""

    sound: bool
    said: Mapping[str, str]


def verdict(root: Path, known: PublicKeys, now: datetime, asked: Days) -> Verdict:
    """Verify the copy at `root` for the days asked about, of those that its note names."""
    covered = Coverage(copy_note.read(root), asked)
    done = verify_folder(root, known, covered.as_of or now, covered=covered)
    done.findings = [printable(one) for one in done.findings]
    return Verdict(done.sound, sentences(done, known.by_fingerprint, now))


def sentences(done: Verified, fingerprints: Iterable[str], now: datetime) -> Mapping[str, str]:
    """Return the sentence in each language."""
    return {language: sentence(done, fingerprints, now, language) for language in SENTENCES}


def sentence(done: Verified, fingerprints: Iterable[str], now: datetime, language: str) -> str:
    """Return the sentence, "pt" or "en"; `fingerprints` name the public keys by the SHA-256 of their DER."""
    words = WORDS[language]
    until = f"{done.sealed_until:%Y-%m-%d %H:%M} UTC" if done.sealed_until else "-"
    return SENTENCES[language].format(
        now=f"{now:%Y-%m-%d %H:%M}",
        records=counted(done.records, "record", language),
        objects=counted(done.objects, "object", language),
        days=words["days" if done.first else "none"].format(first=done.first, last=done.last),
        extent=words["whole" if done.whole and not done.incomplete else "part"],
        digests=counted(done.digests, "digest", language),
        until=until,
        key=", ".join(f"SHA-256 {one[:16]}" for one in sorted(fingerprints)) or "-",
        result=_result(done, language),
    )


def _result(done: Verified, language: str) -> str:
    words = WORDS[language]
    if done.sound:
        return words["holds"]
    first = next((one for one in done.findings if not one.unproved), done.findings[0])
    said = words["unproved" if done.unproved else "incomplete" if done.incomplete else "broken"]
    count = len(done.findings)
    what = first.what if language == "en" else in_portuguese(first.what)
    return said.format(count=count, places=counted(count, "place", language), where=first.where, what=what)


def printable(one: Finding) -> Finding:
    """Return it with control characters escaped: an object's name may be hostile."""
    return replace(one, where=_seen(one.where), what=_seen(one.what))


def _seen(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
