-- outcomes
-- pt: O que foi gravado do resultado de cada alerta admitido: quantos registros, o último quando.
-- en: What was recorded of the outcome of each admitted alert: how many records, the last one when.
--
-- `outcomes` is 0 where none is on record: not yet, or the version that judged it records none. A second record of
-- an alert is a later difference; what a record says is in the archive under `outcome_hash`.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  outcomes are looked for from the first day ...
--   2 to+2  ... until two days after the last: an outcome is recorded when its candles have come
--   3 from  the first day asked about
--   4 to    the last
WITH recorded AS (
  SELECT
    alert_id,
    count(*) AS outcomes,
    max(recorded_at) AS recorded_at,
    max_by(hash, recorded_at) AS outcome_hash
  FROM alertas_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'outcome'
  GROUP BY alert_id
)
SELECT
  a.recorded_at AS judged_at,
  a.contract,
  a.pattern,
  a.alert.direction AS direction,
  coalesce(o.outcomes, 0) AS outcomes,
  o.recorded_at AS outcome_at,
  o.outcome_hash,
  a.alert_id
FROM alertas_audit a
LEFT JOIN recorded o ON o.alert_id = a.alert_id
WHERE a.year || '-' || a.month || '-' || a.day_of_month BETWEEN ? AND ?
  AND a.kind = 'alert'
  AND a.verdict = 'admitted'
ORDER BY a.recorded_at, a.alert_id
