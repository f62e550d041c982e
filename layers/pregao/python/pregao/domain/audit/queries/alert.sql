-- alert
-- pt: Tudo sobre um alerta, na ordem em que aconteceu: julgamentos, entregas, confirmações, decisões.
-- en: Everything about one alert as it happened: judgements, deliveries, receipts, decisions.
--
-- `happened_at` of a receipt is when it came, `recorded_at` when it was written. chain, seq and hash name the record
-- in the archive.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day to look at, in each table
--   2 to+2  two days after the last: a decision by e-mail may come that late
--   3 alert the alert's id, 64 hexadecimal digits
--   4 from
--   5 to+2
--   6 alert
--   7 from
--   8 to+2
--   9 alert
SELECT
  recorded_at AS happened_at,
  kind,
  CAST(NULL AS varchar) AS operator,
  CAST(NULL AS varchar) AS channel,
  verdict AS outcome,
  verdict_reason AS detail,
  CAST(NULL AS double) AS latency_ms,
  alert.price AS price,
  alert.entry_min AS entry_min,
  alert.entry_max AS entry_max,
  alert.stop_loss AS stop_loss,
  alert.take_profit AS take_profit,
  recorded_at,
  chain,
  seq,
  hash
FROM alertas_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND kind = 'alert'
  AND alert_id = ?
UNION ALL
SELECT
  coalesce(received_at, recorded_at),
  kind,
  operator,
  channel,
  status,
  coalesce(error, cause, provider_id),
  latency_ms,
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  recorded_at,
  chain,
  seq,
  hash
FROM entrega_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND kind = 'delivery'
  AND alert_id = ?
UNION ALL
SELECT
  recorded_at,
  kind,
  operator,
  CAST(NULL AS varchar),
  COALESCE(decision, 'handed_over'),
  COALESCE(note, handed_to),
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  CAST(NULL AS double),
  recorded_at,
  chain,
  seq,
  hash
FROM acao_operador_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND (kind = 'action' OR kind = 'handover')
  AND alert_id = ?
ORDER BY happened_at, recorded_at, chain, seq
