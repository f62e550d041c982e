-- shown
-- pt: O que foi mostrado a um operador: os números do alerta, quando, por qual canal, confirmado quando.
-- en: What was shown to an operator: the alert's numbers, when, on which channel, confirmed when.
--
-- One row per alert and channel. Shown is what was sent, delivered by the mail server or confirmed by a screen
-- (a screen that caught up after a lost connection has a receipt and no `sent`); `returned` is a mail that bounced.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from-1    the day before the first, so that what was shown just before midnight is not taken for the day after
--   2 to+1      the day after the last: a receipt may come after midnight
--   3 operator  the pseudonym, 'op-3f9c21ab'
--   4 from-3    an alert shown after midnight, or after an outage, was judged before
--   5 to
--   6 from      the first day asked about
--   7 to        the last
WITH shown AS (
  SELECT
    alert_id,
    channel,
    min(CASE WHEN status IN ('sent', 'delivered', 'received') THEN coalesce(received_at, recorded_at) END) AS shown_at,
    min(CASE WHEN status = 'received' THEN coalesce(received_at, recorded_at) END) AS confirmed_at,
    min(CASE WHEN status = 'received' THEN latency_ms END) AS confirmed_after_ms,
    max(CASE WHEN status IN ('bounced', 'complained') THEN status END) AS returned
  FROM entrega_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'delivery'
    AND operator = ?
  GROUP BY alert_id, channel
),
judged AS (
  SELECT alert_id, instrument, contract, pattern, alert
  FROM alertas_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'alert'
    AND verdict = 'admitted'
)
SELECT
  s.shown_at,
  s.channel,
  s.confirmed_at,
  s.confirmed_after_ms,
  s.returned,
  j.contract,
  j.pattern,
  j.alert.direction AS direction,
  j.alert.severity AS severity,
  j.alert.price AS price,
  j.alert.entry_min AS entry_min,
  j.alert.entry_max AS entry_max,
  j.alert.stop_loss AS stop_loss,
  j.alert.take_profit AS take_profit,
  s.alert_id
FROM shown s
LEFT JOIN judged j ON j.alert_id = s.alert_id
WHERE substr(s.shown_at, 1, 10) BETWEEN ? AND ?
ORDER BY s.shown_at, s.alert_id, s.channel
