-- unreached
-- pt: Alertas que não chegaram a um operador: tentados e não confirmados, nem enviados por e-mail, e por quê.
-- en: Alerts that did not reach an operator: tried, neither confirmed by a screen nor taken by the mail, and why.
--
-- `tried` counts attempts, `last_status` is how the last one ended (`intent`: its end is not in the archive),
-- `why` one of the causes. A mail that bounced has not reached.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from-1  the day before the first, so that what was tried just before midnight is not missed twice
--   2 to+1    the day after the last: an e-mail may go after midnight
--   3 from    the first day asked about
--   4 to      the last
WITH attempts AS (
  SELECT
    alert_id,
    contract,
    operator,
    min(recorded_at) AS first_at,
    max(recorded_at) AS last_at,
    count(CASE WHEN status = 'intent' THEN 1 END) AS tried,
    max_by(status, recorded_at || lpad(CAST(seq AS varchar), 9, '0')) AS last_status,
    max(coalesce(error, cause)) AS why,
    count(CASE WHEN status = 'received' OR (channel = 'email' AND status IN ('sent', 'delivered')) THEN 1 END) AS reached,
    count(CASE WHEN status = 'bounced' THEN 1 END) AS bounced,
    count(CASE WHEN status = 'received' THEN 1 END) AS confirmed
  FROM entrega_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'delivery'
  GROUP BY alert_id, contract, operator
)
SELECT
  first_at,
  last_at,
  operator,
  contract,
  tried,
  last_status,
  why,
  alert_id
FROM attempts
WHERE substr(first_at, 1, 10) BETWEEN ? AND ?
  AND confirmed = 0
  AND (reached = 0 OR bounced > 0)
ORDER BY first_at, operator, alert_id
