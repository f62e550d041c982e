-- decisions
-- pt: O que cada operador decidiu: quando, o quê, a nota, a ordem; TIMEOUT é ninguém a tempo; ou a quem passou o alerta.
-- en: What each operator decided: when, what, the note, the order; TIMEOUT is nobody in time; or to whom the alert was handed.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day
--   2 to    the last
SELECT
  recorded_at,
  operator,
  contract,
  COALESCE(decision, 'handed_over') AS decision,
  COALESCE(note, handed_to) AS note,
  order_id,
  alert_id
FROM acao_operador_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND (kind = 'action' OR kind = 'handover')
ORDER BY recorded_at, alert_id
