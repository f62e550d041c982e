-- unanswered
-- pt: Alertas admitidos em que ninguém agiu: sem decisão, ou só TIMEOUT.
-- en: Admitted alerts that nobody acted on: no decision, or TIMEOUT alone.
--
-- `timed_out_at` is empty while an alert may still be decided.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  decisions are looked for from the first day ...
--   2 to+2  ... until two days after the last: a link in an e-mail takes one that late
--   3 from
--   4 to+2  a delivery may end after midnight, or after an outage
--   5 from  the first day asked about
--   6 to    the last
WITH acted AS (
  SELECT
    alert_id,
    count(CASE WHEN decision <> 'TIMEOUT' THEN 1 END) AS decisions,
    min(CASE WHEN decision = 'TIMEOUT' THEN recorded_at END) AS timed_out_at
  FROM acao_operador_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'action'
  GROUP BY alert_id
),
reached AS (
  SELECT
    alert_id,
    count(DISTINCT CASE WHEN status IN ('sent', 'delivered', 'received') THEN operator END) AS shown_to,
    count(DISTINCT CASE WHEN status = 'received' THEN operator END) AS confirmed_by
  FROM entrega_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'delivery'
  GROUP BY alert_id
)
SELECT
  a.recorded_at AS judged_at,
  a.contract,
  a.pattern,
  a.alert.direction AS direction,
  a.alert.severity AS severity,
  a.alert.price AS price,
  coalesce(r.shown_to, 0) AS shown_to,
  coalesce(r.confirmed_by, 0) AS confirmed_by,
  d.timed_out_at,
  a.alert_id
FROM alertas_audit a
LEFT JOIN acted d ON d.alert_id = a.alert_id
LEFT JOIN reached r ON r.alert_id = a.alert_id
WHERE a.year || '-' || a.month || '-' || a.day_of_month BETWEEN ? AND ?
  AND a.kind = 'alert'
  AND a.verdict = 'admitted'
  AND coalesce(d.decisions, 0) = 0
ORDER BY a.recorded_at, a.alert_id
