"""`pregao audit verify | key | prove | rederive`: the audit held against itself, and what it proves."""

from __future__ import annotations

import getpass
import json
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from local.audit import copy_note
from local.audit.copy_note import Coverage
from local.cli.paths import CONFIG, STATE
from local.cli.shared.audit_options import FirstDay, LastDay, OneDay, days_of, root_of
from local.cli.shared.moments import a_moment
from local.cli.shared.options import Folder, Stack
from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.audit.chain import stamp
from pregao.domain.text.words import counted
from pregao.flow.ports.archive import Verification

if TYPE_CHECKING:
    from local.audit import keys
    from local.audit.verify import Verified
    from local.stack.deployed import Deployed

UNSOUND = 1
SHOWN = 50


def verify(
    folder: Folder = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", exists=True, dir_okay=False, help="chave pública, PEM · public key; repeatable"
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", parser=a_moment, metavar="MOMENT", help="quando foi copiado, UTC · when it was copied"
        ),
    ] = None,
    seen: Annotated[
        list[str] | None,
        typer.Option("--seen", help="hash de um resumo anotado antes · a digest's hash noted earlier"),
    ] = None,
    day: OneDay = None,
    first: FirstDay = None,
    last: LastDay = None,
    stack: Stack = None,
    every: Annotated[
        bool,
        typer.Option(
            "--every-object",
            help="lê também os objetos pequenos dos dias fechados · reads closed days' small objects too",
        ),
    ] = False,
) -> None:
    """Confere a auditoria · verifies the audit: a folder with its public key, or a stack's bucket and tables.

    A última linha é uma frase para assinar. Uma cópia de alguns dias (como a de `query`) é conferida neles.
    Código 0 quando tudo confere, 1 com cada lugar onde não.

    The last line is a sentence to sign. A copy of some days (as `query` makes it) is verified for those days.
    Exit code 0 when everything holds, 1 with every place where it does not.
    """
    from local.audit import keys
    from local.stack.deployed import deployed

    if folder and not key:
        raise typer.BadParameter(
            "uma pasta se confere com a chave pública · a folder is verified with the public key:"
            " --key pregao.pem (pregao audit key)"
        )
    asked, now = days_of(first, last, day), datetime.now(UTC)
    told = as_of.replace(tzinfo=UTC) if as_of else None
    if folder:
        root, known = root_of(folder), keys.of_files(*key or [])
        covered = Coverage(copy_note.read(root), asked)
        done = _verified(root, known, told or covered.as_of or now, seen or [], covered, every=every)
    else:
        there = deployed(stack, STATE)
        known = keys.of_files(*key) if key else keys.of_der(_der(there))
        done = _verify_stack(there, known, told or now, seen or [], Coverage(asked=asked), every=every)
    said = _tell(done, known, now)
    if folder is None:
        _note(there, said, now)
    if not done.sound:
        raise typer.Exit(UNSOUND)


def public_key(
    out: Annotated[Path | None, typer.Option("--out", help="arquivo PEM · a PEM file")] = None,
    stack: Stack = None,
) -> None:
    """Mostra a chave pública das assinaturas · shows the public key of the digests; keep it elsewhere."""
    from local.audit import keys
    from local.stack.deployed import deployed

    pem = keys.to_pem(_der(deployed(stack, STATE)))
    if out:
        out.write_bytes(pem)
        typer.echo(f"· {out}")
    else:
        typer.echo(pem.decode(), nl=False)


def prove(
    alert: Annotated[str, typer.Argument(help="id do alerta, ou seu começo · the id or its beginning")],
    out: Annotated[Path | None, typer.Option("--out", help="arquivo JSON · a JSON file")] = None,
    day: OneDay = None,
    folder: Folder = None,
    stack: Stack = None,
) -> None:
    """Escreve a prova de um alerta · writes an alert's proof; infra/check_proof.py checks it with the key."""
    from pregao.aws.archive.prove import prove as proof_of

    with _copied(folder, stack) as here:
        proof = proof_of(here, alert, f"{day:%Y-%m-%d}" if day else None)
    text = json.dumps(proof, indent=1)
    if out:
        out.write_text(text + "\n", encoding="utf-8")
        typer.echo(f"· {out}: {counted(len(proof['records']), 'record')}")
    else:
        typer.echo(text)


def rederive(
    alert: Annotated[str, typer.Argument(help="id do alerta, ou seu começo · the id or its beginning")],
    day: OneDay = None,
    folder: Folder = None,
    stack: Stack = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
) -> None:
    """Deriva um alerta de novo do seu registro · derives an alert again from its record and compares.

    Código 0 quando é igual, 1 quando não.

    Exit code 0 when it is the same, 1 when it is not.
    """
    from local.audit.rederive import rederive as derive_again
    from pregao.aws.archive.find_alert import find_alert, whole_id
    from pregao.config.reader import load
    from pregao.domain.text.alert_context import context_rows
    from pregao.domain.text.email import headline

    with _copied(folder, stack) as here:
        on = f"{day:%Y-%m-%d}" if day else None
        record = find_alert(here, whole_id(here, alert, on), on)
    found = derive_again(record, load(config_dir))
    typer.echo(f"· {headline(found.alert, 'pt-BR')}")
    for label, value in context_rows(found.alert, "pt-BR"):
        typer.echo(f"· {label}: {value}; como registrado · as recorded, not derived")
    if found.code != found.recorded_code:
        typer.echo(f"· código então {found.recorded_code}, agora · code then and now {found.code}")
    for name, (then, now) in found.differences.items():
        typer.echo(f"  {name}: {then!r} → {now!r}")
    typer.echo("· igual · the same" if found.same else "· diferente · not the same")
    if not found.same:
        raise typer.Exit(UNSOUND)


def _verify_stack(
    stack: Deployed,
    known: keys.PublicKeys,
    moment: datetime,
    seen: list[str],
    covered: Coverage,
    *,
    every: bool,
) -> Verified:
    """Check the digests against keys you kept (--key), or without them against the stack's own KMS key."""
    from local.audit.verify_stack import bring, day_book, verify_tables

    with tempfile.TemporaryDirectory(prefix="pregao-audit-") as scratch:
        brought = bring(stack.client("s3"), _bucket(stack), Path(scratch), every=every)
        done = _verified(Path(scratch), known, moment, seen, covered, brought.keys, every=every)
        done.findings += brought.findings + verify_tables(
            day_book(stack.client("dynamodb"), stack.outputs), Path(scratch), moment, covered.asked
        )
    return done


def _verified(
    folder: Path,
    known: keys.PublicKeys,
    moment: datetime,
    seen: list[str],
    covered: Coverage,
    elsewhere: Collection[str] | None = None,
    *,
    every: bool,
) -> Verified:
    from local.audit.verify import verify_folder

    columns = (TextColumn("· dias · days"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        return verify_folder(
            folder,
            known,
            moment,
            seen=seen,
            covered=covered,
            elsewhere=elsewhere,
            every=every,
            workers=os.cpu_count() or 1,
            progress=lambda done, of: progress.update(task, completed=done, total=of),
        )


@contextmanager
def _copied(folder: Path | None, stack: str | None) -> Iterator[Path]:
    """Yield the folder, or one with a stack's bucket in it."""
    from local.audit.verify_stack import bring
    from local.stack.deployed import deployed

    if folder:
        yield root_of(folder)
        return
    found = deployed(stack, STATE)
    with tempfile.TemporaryDirectory(prefix="pregao-audit-") as scratch:
        bring(found.client("s3"), _bucket(found), Path(scratch))
        yield Path(scratch)


def _note(stack: Deployed, said: Mapping[str, str], now: datetime) -> None:
    """Note the sentence for the compliance page; who may only read the stack cannot."""
    from botocore.exceptions import BotoCoreError, ClientError

    from pregao.aws.tables.audit.look_book import VerificationBook

    book = VerificationBook(stack.client("dynamodb"), stack.outputs["AdmissionTable"])
    try:
        book.keep(Verification(said["pt"], said["en"], stamp(now.timestamp()), getpass.getuser()))
    except (ClientError, BotoCoreError) as error:
        typer.echo(
            f"· a página da auditoria não mostrará isto · the compliance page will not show this: {error}",
            err=True,
        )


def _tell(done: Verified, known: keys.PublicKeys, now: datetime) -> Mapping[str, str]:
    """Print what was found, and return the sentence in both languages."""
    from local.audit.finding_words import in_both
    from local.audit.verdict import printable, sentences

    typer.echo(f"· {counted(done.objects, 'object')}; {done.unsealed} por assinar · not sealed yet")
    typer.echo(f"· anote para a próxima vez · note for the next time: --seen {done.newest or '-'}")
    done.findings = [printable(one) for one in done.findings]
    for one in done.findings[:SHOWN]:
        mark = "?" if one.unproved or (one.absent and done.incomplete) else "✗"
        typer.echo(f"  {mark} {one.where}: {in_both(one.what)}")
    if len(done.findings) > SHOWN:
        typer.echo(f"  … e mais · and {len(done.findings) - SHOWN} more")
    said = sentences(done, known.by_fingerprint, now)
    for text in said.values():
        typer.echo(f"· {text}")
    return said


def _der(stack: Deployed) -> bytes:
    answer: dict[str, Any] = stack.client("kms").get_public_key(KeyId=stack.outputs["DigestKeyArn"])
    return bytes(answer["PublicKey"])


def _bucket(stack: Deployed) -> str:
    if "AuditBucket" not in stack.outputs:
        raise ArchiveError(
            "a pilha não tem arquivo; implante esta versão do template · the stack has no archive (no output"
            " AuditBucket); deploy this version of the template"
        )
    return stack.outputs["AuditBucket"]
