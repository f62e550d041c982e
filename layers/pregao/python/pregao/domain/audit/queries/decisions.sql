-- decisions
-- pt: O que cada operador decidiu: quando, o quê, a nota, a ordem; TIMEOUT é ninguém a tempo.
-- en: What each operator decided: when, what, the note, the order; TIMEOUT is nobody in time.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day
--   2 to    the last
SELECT
  recorded_at,
  operator,
  contract,
  decision,
  note,
  order_id,
  alert_id
FROM acao_operador_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND kind = 'action'
ORDER BY recorded_at, alert_id
