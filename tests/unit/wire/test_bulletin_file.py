"""B3's bulletin files: what they say is read; what cannot be trusted is refused with its place."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.wire.bulletin import file as bulletin_file
from pregao.wire.bulletin import price_report
from pregao.wire.bulletin.fields import BulletinRefused
from pregao.wire.bulletin.file import read_bulletin
from tests.bulletins import (
    COLUMNS,
    CONTRACTS,
    DAY,
    HEADER,
    csv,
    csv_row,
    days,
    delivered,
    fields_of,
    report,
    xml,
    zipped,
)
from tests.seeds import tries

WIN = {"settlement": 128_345.0, "open_interest": 1_234_567, "volume": 9_876_543}
MADE_AT = datetime(2026, 11, 24, 23, 15, tzinfo=UTC).timestamp()  # 20:15 in São Paulo


def read(content: bytes, name="PR.xml"):
    return read_bulletin(io.BytesIO(content), name, lambda code: code in CONTRACTS)


def refusal(content: bytes) -> str:
    with pytest.raises(BulletinRefused) as refused:
        read(content)
    return str(refused.value)


class TestXml:
    def test_a_contract_s_day(self):
        numbers = {
            "settlement": 5175.139,
            "settlement_status": "F",
            "previous_settlement": 5114.328,
            "trades": 512_345,
            "volume": 1_020_304,
            "financial_volume": 5_261_111_222.5,
            "open_interest": 987_654,
            "first": 5120.5,
            "low": 5101.0,
            "high": 5190.0,
            "average": 5160.25,
            "last": 5171.5,
        }
        (found,) = read(xml(report("WDOZ26", **numbers)))
        assert (found.contract, found.trade_date, found.made_at) == ("WDOZ26", date(2026, 11, 24), MADE_AT)
        assert fields_of(found) == numbers

    def test_what_a_file_does_not_say_is_not_known(self):
        (found,) = read(xml(report(settlement=128_345.0)))
        assert {name: value for name, value in fields_of(found).items() if value is not None} == {
            "settlement": 128_345.0
        }

    def test_regular_trades_where_nothing_else_is_told(self):
        one = report(settlement=1.0).replace("<MktDataStrmId>", "<RglrTxsQty>77</RglrTxsQty><MktDataStrmId>")
        assert read(xml(one))[0].trades == 77
        both = one.replace("<TradDtls>", "<TradDtls><TradQty>78</TradQty>")
        assert read(xml(both))[0].trades == 78

    def test_a_price_of_zero_is_none(self):
        assert read(xml(report(settlement=0.0, last=0.0, open_interest=0)))[0].open_interest == 0
        assert read(xml(report(settlement=0.0, open_interest=0)))[0].settlement is None

    def test_others_pass_by(self):
        found = read(xml(*(report(f"PETR{n}", settlement=30.0) for n in range(50)), report(**WIN)))
        assert [one.contract for one in found] == ["WINZ26"]

    def test_two_reports_of_a_contract_complete_each_other(self):
        (found,) = read(xml(report(settlement=1.0), report(open_interest=5), report(settlement=1.0)))
        assert (found.settlement, found.open_interest) == (1.0, 5)

    def test_without_a_moment_it_was_made_at_none(self):
        assert read(xml(report(**WIN), made=""))[0].made_at is None

    @pytest.mark.parametrize("made", ["2026-11-24T20:15:00-03:00", "2026-11-24T23:15:00.000Z"])
    def test_an_offset_counts(self, made):
        assert read(xml(report(**WIN), made=made))[0].made_at == MADE_AT

    @pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
    def test_other_encodings(self, encoding):
        text = xml(report(**WIN)).decode().replace('encoding="utf-8"', f'encoding="{encoding}"')
        assert read(text.encode(encoding))[0].settlement == 128_345.0


class TestCsv:
    @pytest.mark.parametrize("decimal", [",", "."])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_a_contract_s_day(self, decimal, end):
        numbers = {"settlement": 5175.139, "low": 5101.5, "high": 5190.5, "average": 5160.25, "last": 5171.5}
        counted = {"trades": 10, "volume": 20, "financial_volume": 103_502.78}
        content = csv(csv_row("WDOZ26", decimal=decimal, **numbers, **counted), end=end)
        (found,) = read(content)
        assert {name: getattr(found, name) for name in COLUMNS} == numbers | counted
        assert (found.settlement_status, found.made_at, found.open_interest) == ("F", None, None)
        assert read(b"\xef\xbb\xbf" + content) == [found]

    @pytest.mark.parametrize("preface", ["", "Status do Arquivo: Parcial"])
    def test_only_a_final_file_says_final(self, preface):
        assert read(csv(csv_row(settlement=1.0), preface=preface))[0].settlement_status is None

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (csv(), ":2: no row follows"),
            (b"RptDt;TckrSymb\n", ":1: the header lacks AdjstdQt, TradQty, FinInstrmQty, NtlFinVol"),
            (b"hello\nworld\n", ":2: no header that begins with RptDt;"),
            (csv(csv_row(settlement=1.5), csv_row("WING27", settlement=1.5, decimal=".")), ":4: decimals by"),
            (csv(csv_row(settlement=1.0)[:-3]), ":3: 9 fields where the header has 12; is it cut short?"),
            (csv(csv_row(settlement=1.0).replace(";1;", ";1.234,5;")), ":3: decimals by comma and by point"),
            (csv(csv_row(settlement=1.0).replace(";1;", ";1.234.5;")), "WINZ26: AdjstdQt: '1.234.5' is no"),
            (csv().replace(b"MinPric", b"MaxPric"), ":2: a column stands twice"),
            (csv(csv_row(), '"' + csv_row()), "unexpected end of data"),
        ],
    )
    def test_a_spoilt_one_is_refused(self, content, why):
        assert why in refusal(content)


class TestZip:
    def test_the_last_by_name_is_the_newest(self):
        old, new = (xml(report(settlement=one)) for one in (1.0, 2.0))
        assert read(delivered(old, new))[0].settlement == 2.0
        assert read(zipped(b_xml=new, a_xml=old))[0].settlement == 2.0

    def test_beside_its_twin_in_a_zip_the_bare_one_is_read(self):
        bare = xml(report(settlement=3.0))
        assert (
            read(zipped(PR_xml=bare, Z_zip=zipped(PR_xml=xml(report(settlement=1.0)))))[0].settlement == 3.0
        )

    def test_a_csv_may_be_zipped_too(self):
        assert read(zipped(Trade_csv=csv(csv_row(settlement=4.0))))[0].settlement == 4.0

    def test_a_refusal_names_the_file_inside(self):
        told = refusal(delivered(xml(report(open_interest=-1))))
        assert told.startswith(
            "PR.xml/SPRD261124.zip/BVBG1870100.xml:8: WINZ26: OpnIntrst: -1 is not between"
        )


class TestHostile:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", ":1: it is empty"),
            (b"   \n", ":1: it is empty"),
            (xml(report(**WIN))[:-40], "it is cut short or no XML"),
            (xml(report(**WIN)).replace(b"</PricRpt>", b"</Pric>"), "it is cut short or no XML"),
            (xml(), "it holds no PricRpt of urn:bvmf.217.01.xsd"),
            (xml(report()).replace(b"217.01", b"217.02"), "it holds no PricRpt of urn:bvmf.217.01.xsd"),
            (xml(report("PETR4")), "it holds no contract of an instrument"),
            (xml(report(day="24/11/2026")), "WINZ26: '24/11/2026' is no trade date"),
            (xml(report(day="")), "WINZ26: '' is no trade date"),
            (xml(report(settlement=1.0), report(settlement=2.0)), "WINZ26: settlement is 2.0 here and 1.0"),
            (xml(report(settlement=-1.0)), "WINZ26: AdjstdQt: -1 is not between 0 and 100000000"),
            (xml(report(settlement=1e12)), "AdjstdQt: 1000000000000 is not between"),
            (xml(report(settlement="1e5")), "AdjstdQt: '1e5' is no number"),
            (xml(report(settlement="NaN")), "AdjstdQt: 'NaN' is no number"),
            (xml(report(settlement="١٢٣")), "is no number"),
            (xml(report(open_interest=1.5)), "OpnIntrst: '1.5' is no whole number"),
            (xml(report(settlement_status="F" * 9)), "AdjstdQtStin: 'FFFFFFFFF' is no status"),
            (xml(report(settlement_status="F" * 300)), "a value of more than 256 characters"),
            (xml(report(), made="yesterday"), "CreDtAndTm: 'yesterday' is no moment"),
            (xml(report()).replace(b"utf-8", b"klingon"), "klingon"),
        ],
    )
    def test_it_is_refused_with_its_place(self, content, why):
        told = refusal(content)
        assert told.startswith("PR.xml:")
        assert why in told

    def test_one_value_twice_in_a_report(self):
        one = report(settlement=1.0).replace("<MktDataStrmId>", "<AdjstdQt>2</AdjstdQt><MktDataStrmId>")
        assert "AdjstdQt stands twice in one report" in refusal(xml(one))

    @pytest.mark.parametrize(
        "subset",
        [
            '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">',
            '<!ENTITY c SYSTEM "file:///etc/passwd">',
            '<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;',
            "",
        ],
    )
    def test_an_entity_bomb_is_refused_at_the_door(self, subset):
        content = xml(report(settlement="&c;")).decode()
        bomb = content.replace("?>", f"?><!DOCTYPE x [{subset}]>", 1)
        assert "it declares a document type" in refusal(bomb.encode())

    def test_a_zip_bomb_is_refused_while_it_unfolds(self, monkeypatch):
        monkeypatch.setattr(bulletin_file, "LARGEST_XML", 1_000_000)
        monkeypatch.setattr(bulletin_file, "LARGEST_ZIP", 1_000_000)
        spaces = b" " * 3_000_000
        assert "more than 1000000 bytes" in refusal(delivered(xml(report()) + spaces))
        assert "more than 1000000 bytes" in refusal(zipped(a_zip=b"PK\x03\x04" + spaces))

    def test_a_csv_without_an_end_of_line(self, monkeypatch):
        monkeypatch.setattr(bulletin_file, "LARGEST_CSV", 1_000_000)
        assert "more than 1000000 bytes" in refusal(b"RptDt;" * 300_000)

    def test_a_zip_in_a_zip_in_a_zip(self):
        content = xml(report())
        for _ in range(5):
            content = zipped(a_zip=content) if content.startswith(b"PK") else zipped(a_xml=content)
        assert "zips in zips, more than 3 deep" in refusal(content)

    def test_a_zip_of_nothing_or_of_too_much(self):
        assert "no .xml, .csv or .zip in it" in refusal(zipped(readme_md=b"x"))
        assert "1001 files in one zip" in refusal(zipped(**{f"f{n}_xml": b"" for n in range(1001)}))

    @pytest.mark.parametrize("piece", ["<!--", "<a b='"])
    def test_a_tag_without_an_end(self, piece):
        content = xml(report()).decode().replace("</Xchg>", piece + "x" * 3_000_000)
        assert f"more than {price_report.LONGEST_TOKEN} bytes" in refusal(content.encode())

    def test_a_bottomless_nest(self):
        assert "elements more than 64 deep" in refusal(xml(report(settlement="<a>" * 100_000)))
        assert "elements more than 64 deep" in refusal(xml("<a>" * 100_000))

    @given(st.integers(0, 2**32), st.booleans())
    def test_a_spoilt_file_is_refused_or_read_never_a_traceback(self, seed, whole):
        dice = random.Random(seed)
        content = bytearray(dice.choice(SOUND))
        if not whole:
            del content[dice.randrange(len(content)) :]
        for _ in range(dice.randrange(0, 12)):
            if content:
                content[dice.randrange(len(content))] = dice.randrange(256)
        with tempfile.TemporaryFile() as file:
            file.write(content)
            for stream in (io.BytesIO(content), file):
                stream.seek(0)
                with suppress(BulletinRefused):
                    read_bulletin(stream, "PR.xml", lambda code: code in CONTRACTS)

    @given(st.binary(max_size=300))
    def test_bytes(self, content):
        for begin in (b"", b"<", b"PK\x03\x04", ";".join(HEADER).encode() + b"\n"):
            with pytest.raises(BulletinRefused):
                read(begin + content)


SOUND = [
    xml(report(**WIN), report("WING27", settlement=129_000.0)),
    delivered(xml(report(**WIN))),
    csv(csv_row(settlement=1.5, trades=3)),
    zipped(a_csv=csv(csv_row(settlement=1.5, trades=3))),
]


class TestRoundTrip:
    @given(days(), st.booleans())
    def test_xml(self, day, packed):
        content = xml(*(report(one.contract, **fields_of(one)) for one in day))
        found = read(delivered(xml(report("PETR4")), content) if packed else content)
        assert found == [replace(one, made_at=MADE_AT) for one in day]

    @given(days(), st.sampled_from(",."))
    def test_csv(self, day, decimal):
        rows = [
            csv_row(one.contract, decimal=decimal, **{name: getattr(one, name) for name in COLUMNS})
            for one in day
        ]
        found = read(csv(*rows, preface=""))
        unsaid = dict.fromkeys(("open_interest", "first", "previous_settlement", "settlement_status"))
        assert found == [replace(one, **unsaid) for one in day]

    @given(st.integers(1, 400))
    @settings(max_examples=tries(20))
    def test_in_whatever_pieces_it_comes(self, size):
        content = xml(report(**WIN))
        stream = io.BytesIO(content)
        stream.read, whole = (lambda _n, take=stream.read: take(size)), read(content)
        assert price_report.read_xml(stream, "x", lambda code: code in CONTRACTS) == whole


def test_an_encrypted_zip_is_refused():
    content = bytearray(zipped(a_xml=xml(report())))
    content[6] |= 1  # the flag, in the file's own header and in the directory's
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert zipfile.ZipFile(io.BytesIO(content)).infolist()[0].flag_bits & 1
    assert "it is cut short or no zip" in refusal(bytes(content))


def test_contracts_of_two_days_are_taken_each_by_its_own():
    content = xml(report(settlement=1.0), report("WING27", day="2026-11-23", settlement=2.0))
    found = {(one.contract, f"{one.trade_date}"): one.settlement for one in read(content)}
    assert found == {("WINZ26", DAY): 1.0, ("WING27", "2026-11-23"): 2.0}


def test_names_with_accents_in_latin_1_are_no_reason_to_refuse():
    content = csv(csv_row(settlement=1.0)).replace(b"FINANCIAL", "AÇÕES".encode("latin-1"))
    assert read(content) == read(csv(csv_row(settlement=1.0)))


def test_a_number_in_latin_1_is_still_refused():
    content = csv(csv_row(settlement=1.0)).replace(b";1;", b";1\xb2;")
    assert "is no number" in refusal(content)


def test_the_day_is_that_of_the_file():
    assert read(xml(report(**WIN)))[0].trade_date.isoformat() == DAY
