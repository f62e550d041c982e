"""What an operator reads, in Brazilian Portuguese and English; the console takes its words from here, too."""

from __future__ import annotations

from collections.abc import Mapping

from pregao.domain.market.candle import decimals_of

LANGUAGES = ("pt-BR", "en")

WORDS: Mapping[str, tuple[str, str]] = {
    "volatility_extreme": ("Extremo de volatilidade", "Volatility extreme"),
    "engulfing": ("Engolfo", "Engulfing"),
    "rsi_divergence": ("Divergência de IFR", "RSI divergence"),
    "level_break": ("Rompimento de nível", "Level break"),
    "unusual_range": ("Amplitude incomum", "Unusual range"),
    "price_level": ("Meu alerta de preço", "My price alert"),
    "long": ("COMPRA", "LONG"),
    "short": ("VENDA", "SHORT"),
    "none": ("SEM LADO", "NO SIDE"),
    "critical": ("crítico", "critical"),
    "high": ("alto", "high"),
    "medium": ("médio", "medium"),
    "alert": ("Alerta", "Alert"),
    "price": ("Preço", "Price"),
    "entry": ("Entrada", "Entry"),
    "stop": ("Stop", "Stop"),
    "target": ("Alvo", "Target"),
    "risk_reward": ("Risco/retorno", "Risk/reward"),
    "severity": ("Severidade", "Severity"),
    "confidence": ("Precisão medida", "Measured precision"),
    "outlook": ("Amplitude esperada", "Expected range"),
    "chance": ("Chance do alvo", "Chance of the target"),
    "any_candle": ("qualquer vela", "any candle"),
    "cases": ("casos", "cases"),
    "expect": ("espere", "expect"),
    "points": ("pontos", "points"),
    "in_the_next": ("nos próximos", "in the next"),
    "usual_is": ("o usual é", "usual is"),
    "no_calibration": (
        "não medida: falta a calibração dos pregões anteriores",
        "not measured: the sessions before are not calibrated",
    ),
    "no_model": (
        "não medida: há pregões de menos",
        "not measured: too few sessions",
    ),
    "unknown_slot": (
        "não medida: este horário teve velas em pregões de menos",
        "not measured: too few sessions have candles at this time of day",
    ),
    "few_sessions": (
        "não medida: esta meia hora teve velas em pregões de menos",
        "not measured: too few sessions have candles in this half hour",
    ),
    "not_reliable": (
        "não dita: nos últimos pregões não foi melhor que a média do dia",
        "not told: in the last sessions it was no better than the mean of the day",
    ),
    "per_contract": ("por contrato", "per contract"),
    "heat": ("vezes o usual", "times the usual"),
    "candles": ("velas somadas", "candles added up"),
    "usual_ahead": ("usual depois deste horário", "usual after this time of day"),
    "candle": ("Vela", "Candle"),
    "opened": ("abriu", "opened"),
    "closed": ("fechou", "closed"),
    "chart_planned": (
        "A vela do alerta; abaixo dela stop, entrada e alvo",
        "The alert's candle; below it stop, entry and target",
    ),
    "settlement_of": ("Ajuste de", "Settlement of"),
    "bulletin_of": ("Boletim de", "Bulletin of"),
    "open_interest": ("contratos em aberto", "open interest"),
    "above": ("acima", "above"),
    "below": ("abaixo", "below"),
    "at_it": ("no ajuste", "at it"),
    "why": ("Por quê", "Why"),
    "z": ("z", "z"),
    "mean": ("média", "mean"),
    "std": ("desvio", "deviation"),
    "run": ("velas seguidas", "candles in a row"),
    "sigma": ("limite", "threshold"),
    "body": ("corpo", "body"),
    "atr": ("ATR", "ATR"),
    "prev_open": ("abertura anterior", "open before"),
    "prev_close": ("fechamento anterior", "close before"),
    "trend": ("tendência antes", "trend before"),
    "rsi": ("IFR", "RSI"),
    "rsi_prior": ("IFR do pivô anterior", "RSI of the pivot before"),
    "pivot_time": ("pivô às", "pivot at"),
    "prior_time": ("pivô anterior às", "pivot before at"),
    "pivot_price": ("preço do pivô", "price at the pivot"),
    "prior_price": ("preço do anterior", "price at the one before"),
    "level": ("rompido", "broken level"),
    "margin": ("além dele", "beyond it by"),
    "crossing": ("preço", "price"),
    "cross_up": ("cruzou para cima", "crossed up"),
    "cross_down": ("cruzou para baixo", "crossed down"),
    "touch": ("tocou", "touched"),
    "rolled": (
        "não é mais vigiado: o contrato virou; retome o alerta no novo",
        "is watched no longer: the contract has rolled; resume the alert on the new one",
    ),
    "own_level": ("nível", "level"),
    "close_prior": ("fechamento antes", "close before"),
    "contract_before": ("contrato antes", "contract before"),
    "no_screen": ("Nenhuma tela sua estava aberta.", "None of your screens was open."),
    "no_receipt": (
        "Nenhuma tela sua confirmou o alerta a tempo.",
        "None of your screens confirmed the alert in time.",
    ),
    "bounced": ("Um e-mail anterior não chegou.", "An earlier e-mail did not arrive."),
    "open_alert": ("Ver alerta", "Open alert"),
    "executed": ("Executado", "Executed"),
    "rejected": ("Rejeitado", "Rejected"),
    "watching": ("Observando", "Watching"),
    "false_alarm": ("Alarme falso", "False alarm"),
    "TIMEOUT": ("expirou sem decisão", "expired undecided"),
    "note": ("Observação (opcional)", "Note (optional)"),
    "send": ("Registrar decisão", "Record decision"),
    "recorded": ("Registrado:", "Recorded:"),
    "state": ("Situação", "State"),
    "state_open": ("Aberto até", "Open until"),
    "state_decided": ("Decidido", "Decided"),
    "state_expired": ("Expirado sem decisão", "Expired undecided"),
    "title_decided": ("Decidido", "Decided"),
    "title_expired": ("Expirado", "Expired"),
    "until": ("até", "until"),
    "by": ("por", "by"),
    "mail_missed": (
        "Nenhum e-mail chegava a este endereço desde {}; não chegaram: {}.",
        "No e-mail had reached this address since {}; lost: {}.",
    ),
    "only_traders": ("Este papel pode ver, não decidir.", "This role may look, not decide."),
    "not_on_desk": ("Você não está mais nesta mesa.", "You are no longer on this desk."),
    "unknown_alert": ("Este alerta não existe mais.", "This alert is gone."),
    "expired": ("Este link expirou; abra o console.", "This link has expired; open the console."),
    "bad_link": ("Este link não é válido.", "This link is not valid."),
    "nothing_to_execute": (
        "Este alerta não tem lado: não há o que executar. Escolha outra decisão.",
        "This alert has no side: there is nothing to execute. Choose another decision.",
    ),
    "bad_form": ("Escolha uma das decisões.", "Choose one of the decisions."),
    "too_large": (
        "A observação é longa demais: até 500 caracteres.",
        "The note is too long: 500 characters at most.",
    ),
    "held_back_one": ("alerta retido", "alert held back"),
    "digest_listed_one": ("alerta do pregão que não tocou", "alert of the session that did not ring"),
    "held_back": ("alertas retidos", "alerts held back"),
    "digest_listed": ("alertas do pregão que não tocaram", "alerts of the session that did not ring"),
    "listed": ("na lista, sem tocar", "listed, not rung"),
    "rung": ("tocou", "rung"),
    "opportunity": ("Oportunidade", "Opportunity"),
    "agrees": ("concordam", "agree"),
    "disagrees": ("do lado oposto: conflito", "of the other side: a conflict"),
    "silence_phone": ("Silenciar meu celular", "Silence my phone"),
    "silence_set": ("Confirmar", "Confirm"),
    "silent_till": ("até", "until"),
    "phone_silent_till": ("Celular em silêncio até", "Phone silent until"),
    "phone_rings": ("O celular volta a tocar", "The phone rings again"),
    "silence_note": (
        "No silêncio o e-mail continua valendo; a mesa toda vê até quando, e ele acaba sozinho.",
        "E-mail still comes while it is silent; the whole desk sees until when, and it ends by itself.",
    ),
    "joins": ("a oportunidade já foi avisada", "its opportunity was told before"),
    "conflict": ("os dois lados na mesma vela", "both sides on one candle"),
    "below_threshold": (
        "abaixo do limiar do seu orçamento de toques",
        "below the threshold of your budget of rings",
    ),
    "muted": ("silenciado por você por 15 minutos", "muted by you for 15 minutes"),
    "reached_threshold": ("atingiu o limiar do orçamento", "reached the threshold of the budget"),
    "always": ("este padrão sempre toca", "this pattern always rings"),
    "again": ("como decidido na primeira tentativa", "as decided in the first try"),
    "no_budget": ("sem orçamento: tudo toca", "no budget: all ring"),
    "score": ("pontuação", "score"),
    "threshold": ("limiar", "threshold"),
    "no_calibration_yet": (
        "ainda sem calibração: toda oportunidade toca",
        "no calibration yet: every opportunity rings",
    ),
    "queue_full": ("fila cheia", "queue full"),
    "no_data_from": ("Sem dados de", "No data from"),
    "no_data_several": ("Sem dados de {} séries", "No data from {} feeds"),
    "for_so_long": ("há", "for"),
    "back_after": ("voltou após", "is back after"),
    "several_back": ("{} séries voltaram", "{} feeds are back"),
    "without_data": ("sem dados", "without data"),
    "rolled_from": ("passou de", "rolled from"),
    "rolled_to": ("para", "to"),
    "set_aside_one": ("{}: vela das {} posta de lado", "{}: the candle of {} is set aside"),
    "set_aside_several": (
        "{}: {} velas postas de lado, a mais nova das {}",
        "{}: {} candles are set aside, the newest of {}",
    ),
    "still_silent_several": ("{} séries continuam sem dados", "{} feeds are still without data"),
    "flapping": (
        "{} oscila: {} em {}; agora um resumo por hora",
        "{} comes and goes: {} in {}; from now on one summary an hour",
    ),
    "flapping_several": (
        "{} séries oscilam; agora um resumo por hora",
        "{} feeds come and go; from now on one summary an hour",
    ),
    "flapping_digest": ("{} oscila: {} em {}; {}", "{} comes and goes: {} in {}; {}"),
    "flapping_digest_several": ("{} séries oscilam", "{} feeds come and go"),
    "steady": ("{} inteira há uma hora; oscilou por {}", "{} whole for an hour; it came and went for {}"),
    "steady_several": ("{} séries inteiras há uma hora", "{} feeds whole for an hour"),
    "silences": ("Silêncios", "Silences"),
    "silence_one": ("1 silêncio", "1 silence"),
    "silence_many": ("{} silêncios", "{} silences"),
    "late_candles": (
        "{} de {} velas não vieram a tempo ({} %)",
        "{} of {} candles were not there in time ({} %)",
    ),
    "since": ("Desde", "Since"),
    "cause": ("Causa", "Cause"),
    "bridge_says": ("O bridge diz", "The bridge says"),
    "note_silent": (
        "Sem velas não há alertas: enquanto durar, o mercado anda sem ser ouvido.",
        "Without candles there are no alerts: while it lasts, the market moves unheard.",
    ),
    "note_flapping": (
        "Cada silêncio aparece na tela; por e-mail vêm o resumo, um silêncio longo e o fim.",
        "Each silence is on the screens; by e-mail come the summary, a long silence, and the end.",
    ),
    "note_flapping_digest": (
        "Sobre velas que não vieram a tempo nenhum alerta tocou.",
        "On candles that were not there in time no alert rang.",
    ),
    "note_steady": (
        "A partir de agora cada silêncio volta a ser avisado por e-mail.",
        "From now on each silence is told by e-mail again.",
    ),
    "note_recovered": (
        "Velas que vêm depois do fato não geram alertas.",
        "Candles that come after the fact raise no alerts.",
    ),
    "cause_bridge_silent": ("o bridge não dá sinal", "the bridge gives no sign of life"),
    "cause_not_installed": ("o MetaTrader 5 não está instalado", "MetaTrader 5 is not installed"),
    "cause_not_started": ("o terminal não está aberto", "the terminal is not running"),
    "cause_logged_out": ("o terminal não está logado na conta", "the terminal is not logged in"),
    "cause_broker_lost": (
        "o terminal não está conectado à corretora",
        "the terminal is not connected to the broker",
    ),
    "cause_clock_unsure": (
        "o relógio do servidor da corretora não é confiável",
        "the broker's server clock cannot be trusted",
    ),
    "cause_symbol_missing": (
        "o ativo não está na Observação do Mercado",
        "the symbol is not in Market Watch",
    ),
    "cause_loading": ("o terminal ainda carrega o histórico", "the terminal is still loading history"),
    "cause_no_trades": ("o mercado está sem negócios", "the market is without trades"),
    "cause_failed": ("o terminal falhou", "the terminal failed"),
    "cause_refused": ("a nuvem recusou as velas", "the cloud refused the candles"),
    "cause_posting_failed": ("o bridge não consegue enviar", "the bridge cannot post"),
    "cause_set_aside": (
        "as velas que vêm não podem ser, e ficam de lado",
        "the candles that come cannot be, and are set aside",
    ),
    "cause_unexplained": (
        "as velas não vêm, embora o bridge e o terminal pareçam bem",
        "candles do not come, though bridge and terminal look well",
    ),
    "filled_whole": ("nenhuma vela faltou", "no candle is missing"),
    "filled_backfilled": (
        "as velas que faltavam vieram depois, sem alertas",
        "the missing candles came afterwards, without alerts",
    ),
    "filled_missing": ("as velas que faltavam ainda não vieram", "the missing candles have not come yet"),
    "disclaimer": (
        "Alerta técnico para uso interno da mesa; não é recomendação de investimento.",
        "Technical alert for the desk's internal use; not investment advice.",
    ),
}


def word(key: str, language: str) -> str:
    """Return the words for a key; an unknown key or language falls back to the key or to pt-BR."""
    portuguese, english = WORDS.get(key, (key, key))
    return english if language == "en" else portuguese


def number(value: float, decimals: int, language: str) -> str:
    """Write a number as the language does: ``131.250,5`` or ``131,250.5``."""
    text = f"{value:,.{decimals}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def has_pips(tick: float) -> bool:
    """Tell whether ways in a market of this tick are told in pips: its prices have three or five decimals."""
    return decimals_of(tick) in {3, 5}


def way(value: float, tick: float, language: str) -> str:
    """Write the length of a way between two prices without its unit: points, or pips."""
    if has_pips(tick):
        return number(value / (10 * tick), 1, language)
    return number(value, decimals_of(tick), language)


def distance(value: float, tick: float, language: str) -> str:
    """Write a way between two prices with the market's unit: ``35 pts``, ``0,7 pips``."""
    return f"{way(value, tick, language)} {'pips' if has_pips(tick) else 'pts'}"


NOUNS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "record": (("registro", "registros"), ("record", "records")),
    "object": (("objeto", "objetos"), ("object", "objects")),
    "digest": (
        ("resumo horário assinado", "resumos horários assinados"),
        ("hourly digest signed", "hourly digests signed"),
    ),
    "letter": (("carta morta", "cartas mortas"), ("dead letter", "dead letters")),
    "place": (("lugar", "lugares"), ("place", "places")),
    "day": (("dia", "dias"), ("day", "days")),
    "row": (("linha", "linhas"), ("row", "rows")),
    "candle": (("vela", "velas"), ("candle", "candles")),
    "signal": (("sinal", "sinais"), ("signal", "signals")),
    "session": (("pregão", "pregões"), ("session", "sessions")),
    "contract": (("contrato", "contratos"), ("contract", "contracts")),
    "resource": (("outro recurso", "outros recursos"), ("other resource", "other resources")),
    "point": (("ponto", "pontos"), ("point", "points")),
}
"""What messages count: one and several, in Portuguese and in English."""


def counted(count: int, noun: str, language: str = "") -> str:
    """Return ``1 registro`` or ``2 records``; without a language both: ``2 registros · records``."""
    portuguese, english = (forms[count != 1] for forms in NOUNS[noun])
    if language:
        return f"{count} {english if language == 'en' else portuguese}"
    return f"{count} {portuguese} · {english}"
