-- outcomes
-- pt: O que foi gravado do resultado de cada alerta admitido: alvo, stop, expirou, sem entrada; R; quantos registros.
-- en: What was recorded of the outcome of each admitted alert: target, stop, expired, missed; R; how many records.
--
-- `outcomes` is 0 where none is on record: not yet, or the version that judged it records none. A second record of
-- an alert is a later difference and counts; both are in the archive, and the later one names the earlier.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  outcomes are looked for from the first day ...
--   2 to+5  ... until five days after the last: a session's outcomes are recorded after it, or made up for
--   3 from  the first day asked about
--   4 to    the last
WITH recorded AS (
  SELECT
    alert_id,
    count(*) AS outcomes,
    max(recorded_at) AS recorded_at,
    max_by(outcome.result, recorded_at) AS result,
    max_by(outcome.r, recorded_at) AS r,
    max_by(outcome.mfe, recorded_at) AS mfe,
    max_by(outcome.mae, recorded_at) AS mae,
    max_by(outcome.covered, recorded_at) AS covered,
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
  o.result,
  o.r,
  o.mfe,
  o.mae,
  o.covered,
  a.alert.chance.p AS chance,
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
