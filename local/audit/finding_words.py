"""What a verification finds, in Portuguese: the checks themselves say it in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

PORTUGUESE: Mapping[str, str] = {
    "no record of ours can be read there": "não há ali um registro nosso que se possa ler",
    "no record of ours is numbered and tied like that": "nenhum registro nosso é numerado e ligado assim",
    "its content is not what its hash says: it was edited": (
        "seu conteúdo não é o que o seu hash diz: foi editado"
    ),
    "it belongs to {}": "pertence a {}",
    "appears twice": "aparece duas vezes",
    "{} missing before it": "antes dele: {} em falta",
    "does not follow from the record before it": "não segue do registro anterior",
    "stands behind the chain's close": "está depois do fim da cadeia",
    "closes other records than these": "encerra outros registros, não estes",
    "its record is no day's record of this table": "seu registro não é o do dia desta tabela",
    "the chain is gone; its day's record lists it": "a cadeia sumiu; o registro do seu dia a lista",
    "the chain is not in its day's record": "a cadeia não está no registro do seu dia",
    "its end is cut off; its day's record says it was closed": (
        "seu fim foi cortado; o registro do seu dia diz que estava encerrada"
    ),
    "it ends otherwise than its day's record says": "termina de outro modo que o registro do seu dia diz",
    "the days from {} on are missing before it": "antes dele faltam os dias desde {}",
    "does not follow from the day before": "não segue do dia anterior",
    "is listed by two digests": "está em dois resumos",
    "its name is not what the digest says": "seu nome não é o que o resumo diz",
    "was signed as {}: it was moved or replayed": "foi assinado como {}: foi movido ou repetido",
    "follows {}, which is not there": "segue {}, que não está aqui",
    "the digests from {} on are missing before it": "antes dele faltam os resumos desde {}",
    "does not follow from the digest before it": "não segue do resumo anterior",
    "its signature is not that of the key at hand": "sua assinatura não é da chave usada",
    "not a signed digest: {}": "não é um resumo assinado: {}",
    "not a digest: it says what no digest says": "não é um resumo: diz o que nenhum resumo diz",
    "not a digest: {}": "não é um resumo: {}",
    "there is no digest that the key at hand signed: nothing attests what is here": (
        "não há resumo assinado pela chave usada: nada atesta o que está aqui"
    ),
    "no digest has the hash {}, which was noted: the row was cut off or begun anew": (
        "nenhum resumo tem o hash {}, que foi anotado: a sequência foi cortada ou recomeçada"
    ),
    "the digests from here to {} are missing; was it copied at another time? say when: --as-of": (
        "faltam os resumos daqui até {}; a cópia é de outra hora? diga qual: --as-of"
    ),
    "none of the {} digests is signed by the key at hand: is it this archive's key?": (
        "nenhum dos {} resumos foi assinado pela chave usada: é a chave deste arquivo?"
    ),
    "there is nothing of these days here": "não há nada desses dias aqui",
    "is gone; a digest lists it": "sumiu; um resumo o lista",
    "the day's record is missing": "falta o registro do dia",
    "the days' records from here on are missing: never ended, not archived, or taken away": (
        "daqui em diante faltam os registros dos dias: não encerrados, não arquivados ou retirados"
    ),
    "is no object of the archive": "não é um objeto do arquivo",
    "does not hold what a digest lists as {}": "não contém o que um resumo lista como {}",
    "holds {} {}, which no digest lists": "contém {} {}, que nenhum resumo lista",
    "no digest lists it, though its day is closed": "nenhum resumo o lista, embora o seu dia esteja fechado",
    "does not hold its day's records": "não contém os registros do seu dia",
    "no digest lists it, though it was written at {}": "nenhum resumo o lista, embora escrito em {}",
    "a day has one record": "um dia tem um só registro",
    "cannot be unpacked": "não pode ser descompactado",
    "its content is not what the digest says": "seu conteúdo não é o que o resumo diz",
    "its content is not what its name says": "seu conteúdo não é o que o seu nome diz",
    "its records are not those that its name says": "seus registros não são os que o seu nome diz",
    "is not written as any record of ours is": "não está escrito como os nossos registros",
    "was written {} times": "foi escrito {} vezes",
    "is hidden by a delete marker": "está oculto por uma marca de exclusão",
    "is no chain of ours": "não é uma cadeia nossa",
    "is in the archive and not in the table": "está no arquivo e não na tabela",
    "was written at {} and is not in the archive": "foi escrito em {} e não está no arquivo",
    "is not what was archived": "não é o que foi arquivado",
}
"""By the English sentence; {} stands for what differs."""


def in_portuguese(what: str) -> str:
    """Return a finding's sentence in Portuguese; one that is not known stays as it is."""
    for pattern, portuguese in _patterns():
        if found := pattern.fullmatch(what):
            return portuguese.format(*found.groups())
    return what


def in_both(what: str) -> str:
    """Return it in Portuguese and English, once where they are the same."""
    portuguese = in_portuguese(what)
    return what if portuguese == what else f"{portuguese} · {what}"


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the sentences' patterns, the longest first: a short one may fit into it."""
    return [
        (re.compile("(.+)".join(map(re.escape, english.split("{}"))), re.DOTALL), portuguese)
        for english, portuguese in sorted(PORTUGUESE.items(), key=lambda one: -len(one[0]))
    ]
