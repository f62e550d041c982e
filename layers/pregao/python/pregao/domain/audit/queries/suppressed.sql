-- suppressed
-- pt: O que foi segurado e por quê: quantos alertas por veredito, padrão e ativo.
-- en: What was held back and why: alerts by verdict, pattern and instrument.
--
-- `reason` is one of the group's reasons in words, the first in the order of the alphabet.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day
--   2 to    the last
SELECT
  verdict,
  pattern,
  instrument,
  count(*) AS alerts,
  count(DISTINCT alert_id) AS distinct_alerts,
  min(recorded_at) AS first_at,
  max(recorded_at) AS last_at,
  min(verdict_reason) AS reason
FROM alertas_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND kind = 'alert'
  AND verdict <> 'admitted'
GROUP BY verdict, pattern, instrument
ORDER BY alerts DESC, verdict, pattern, instrument
