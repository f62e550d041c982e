"""`pregao cost`: what a desk would pay AWS a month, before anything is deployed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.paths import ROOT
from pregao.domain.market.timeframe import TIMEFRAMES

if TYPE_CHECKING:
    from local.ops.costs import Line, PriceList
    from local.ops.month import Load


def cost(
    operators: Annotated[int, typer.Option(min=1, help="operadores na mesa · operators on the desk")] = 10,
    symbols: Annotated[int, typer.Option(min=1, help="símbolos ouvidos · symbols that are heard")] = 5,
    timeframe: Annotated[str, typer.Option(help="tempo gráfico · timeframe, M1 to H1")] = "M5",
    followed: Annotated[
        int,
        typer.Option(min=0, help="seguidos por cada um · followed by each; 0: all"),
    ] = 0,
    region: Annotated[str, typer.Option(help="região, uma de infra/prices.yaml · region")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="tudo em JSON · everything as JSON")] = False,
) -> None:
    """Custo de um mês na AWS, por serviço · a month's cost at AWS, by service, in US$.

    Unidades contadas nas chamadas das próprias funções (infra/units.yaml) vezes infra/prices.yaml; nada foi
    conferido com uma fatura. Sem camadas gratuitas, impostos, tráfego de dados e opções (trilha, X-Ray).

    Units counted at the functions' own calls (infra/units.yaml) times infra/prices.yaml; nothing was checked
    against a bill. Without free tiers, taxes, data transfer, and options (trail, X-Ray).
    """
    from local.ops.costs import Line, bill, read_prices, together, total
    from local.ops.month import Load, month, read_laws, standing
    from local.stack.template import read

    prices = read_prices(ROOT / "infra" / "prices.yaml")
    there = region or prices.region
    if timeframe not in TIMEFRAMES:
        raise typer.BadParameter(f"{timeframe}: {', '.join(TIMEFRAMES)}", param_hint="--timeframe")
    if there != prices.region and there not in prices.elsewhere:
        known = ", ".join([prices.region, *prices.elsewhere])
        raise typer.BadParameter(f"{there}: infra/prices.yaml conhece · knows {known}", param_hint="--region")
    load = Load("", operators, symbols, TIMEFRAMES[timeframe], min(followed or symbols, symbols))
    stands = standing(read(ROOT / "template.yaml"))
    parts = month(load, read_laws(ROOT / "infra" / "units.yaml"), stands)
    lines = bill(together(*((1, usage) for usage in parts.values())), prices)
    times = prices.elsewhere[there].times if there in prices.elsewhere else 1.0
    lines = [Line(one.service, one.unit, one.units, one.usd * times) for one in lines]
    if as_json:
        _as_json(there, lines, prices)
    else:
        purposes = {name: times * total(bill(usage, prices)) for name, usage in parts.items()}
        _as_text(load, there, lines, purposes, prices)


def _as_json(region: str, lines: list[Line], prices: PriceList) -> None:
    from local.ops.costs import by_service, total

    told = {
        "region": region,
        "usd": round(total(lines), 4),
        "by_service": {name: round(usd, 4) for name, usd in by_service(lines).items()},
        "lines": [asdict(one) for one in lines],
        "unconfirmed": _unconfirmed(region, lines, prices),
    }
    typer.echo(json.dumps(told, indent=1))


def _as_text(
    load: Load, region: str, lines: list[Line], purposes: dict[str, float], prices: PriceList
) -> None:
    from local.ops.costs import by_service
    from local.ops.month import DAYS, HOURS

    typer.echo(
        f"US$ por mês · a month, {region}: {load.operators} operators, {load.symbols} symbols,"
        f" {HOURS} h on {DAYS} days, {load.candles:,.0f} candles, {load.alerts:,.0f} alerts"
    )
    for title, sums in (("serviço · service", by_service(lines)), ("para quê · what for", purposes)):
        typer.echo(f"\n{title}")
        for name, usd in sorted(sums.items(), key=lambda one: -one[1]):
            typer.echo(f"  {name:24} {usd:10.2f}")
        typer.echo(f"  {'total':24} {sum(sums.values()):10.2f}")
    typer.echo("\nnão confirmado · not confirmed: " + ("; ".join(_unconfirmed(region, lines, prices)) or "-"))


def _unconfirmed(region: str, lines: list[Line], prices: PriceList) -> list[str]:
    """Return what of the bill nobody has read at AWS: prices, the region's factor, and the assumptions."""
    used = {(one.service, one.unit) for one in lines if one.units}
    found = [
        f"{one.service}, {one.unit}"
        for one in prices.prices.values()
        if (one.service, one.unit) in used and not one.confirmed
    ]
    if region in prices.elsewhere and not prices.elsewhere[region].confirmed:
        found.append(f"{region} is {prices.region} times {prices.elsewhere[region].times}")
    return [
        *found,
        "alerts a candle are WINFUT M5's of nine months, for every symbol and timeframe",
        "Lambda's time is CPU time on the development machine",
        "polls of an idle queue: five receives of 20 s each",
    ]
